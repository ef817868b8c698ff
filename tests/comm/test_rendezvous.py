"""Ranks find each other: who hosts whom, and who may not join."""

import gc
import os
import socket
import threading
from contextlib import suppress
from datetime import timedelta

import pytest
import torch
import torch.distributed as dist
from support import PATIENCE

from robusttrain.comm import rendezvous
from robusttrain.comm.hello import HELLO_BYTES
from robusttrain.comm.link import HEADER_BYTES, Kind, LinkError, Message, table
from robusttrain.comm.losses import RanksMissing
from robusttrain.comm.machine import Machine
from robusttrain.comm.rendezvous import LOOPBACK, Wire
from robusttrain.comm.tls_meeting import way_in

LONG = 60 * PATIENCE
CPU = torch.device("cpu")
MARK = bytes(range(32))
THERE = Machine("node-7", "cuda:0 GPU-5f3c", 4711)


@pytest.fixture(params=["gloo", "tls"])
def ranks(request, group_meeting, monkeypatch):
    """Where the server meets its ranks."""
    return Ranks(request.param, group_meeting, monkeypatch)


class Ranks:
    """wire(count, start=...): the server's wire to so many ranks. start(name, first): rank `name`,
    which says `first`, and then is after(link)."""

    def __init__(self, backend: str, meeting, monkeypatch) -> None:
        self.backend, self.meeting, self.monkeypatch = backend, meeting, monkeypatch

    def wire(self, count: int, start: float = LONG) -> Wire:
        self.monkeypatch.setenv("WORLD_SIZE", str(count + 1))
        self.monkeypatch.setattr(rendezvous, "meeting_place", lambda seconds: self.meeting.store)
        return Wire(self.backend, CPU, start, LONG, LONG, HELLO_BYTES, 64)

    def start(self, name: int, first: Message, after=lambda link: None) -> None:
        def be() -> None:
            with suppress(LinkError):
                if self.backend == "tls":
                    store = dist.PrefixStore("tls", self.meeting.client())
                    link = way_in(store, LOOPBACK, name, CPU, LONG)(first)
                else:
                    link = self.meeting.link(name, side=1)
                    link.send(first, LONG)
                after(link)

        self.meeting.threads.append(threading.Thread(target=be, daemon=True))
        self.meeting.threads[-1].start()


def greeting(mark: bytes, place: bytes = THERE.encode()) -> Message:
    return Message(Kind.HELLO, payload=table(mark + place))


def test_all_ranks_that_say_the_same_are_let_in(ranks):
    for name in (1, 2):
        ranks.start(name, greeting(MARK))
    hub = ranks.wire(2).serve(MARK)
    assert list(hub.links) == [1, 2]
    assert hub.received == 2 * (HEADER_BYTES + HELLO_BYTES)
    assert hub.machines == {1: THERE, 2: THERE}
    hub.close()


def test_the_host_is_the_launchers_where_it_is_known_and_the_rest_as_the_rank_says(
    ranks, monkeypatch
):
    """Ranks 0 and 1 are torchrun's on the server's machine; rank 2 says what it likes."""
    monkeypatch.setenv("GROUP_RANK", "0")
    monkeypatch.setenv("LOCAL_WORLD_SIZE", "2")
    ranks.start(1, greeting(MARK))
    ranks.start(2, greeting(MARK, b"\x1b[2J\n[red]\n-1".ljust(HELLO_BYTES - 32, b"\0")))
    hub = ranks.wire(2).serve(MARK)
    assert hub.machines[1] == THERE.on(socket.gethostname())
    assert hub.machines[2] == Machine("??2J", "?red?", None)
    hub.close()


def test_all_are_told_when_one_is_refused(ranks):
    ends = []

    def stay(link) -> None:
        try:
            link.receive(64, LONG)
        except LinkError as error:
            ends.append(str(error))

    ranks.start(1, greeting(MARK), stay)
    ranks.start(2, greeting(MARK[::-1]))
    with pytest.raises(RuntimeError, match="rank 2"):
        ranks.wire(2).serve(MARK)
    ranks.meeting.threads[0].join(LONG)
    assert not ranks.meeting.threads[0].is_alive()
    assert len(ends) == 1 or ranks.backend == "tls"  # there it may end before it has a link
    assert not any(end.startswith("was silent") for end in ends)


@pytest.mark.parametrize("mark", [MARK[::-1], MARK[:31], MARK + b"\0" * 8, bytes(32)])
def test_a_rank_that_runs_something_else_is_named(ranks, mark):
    ranks.start(1, greeting(MARK))
    ranks.start(2, greeting(mark))
    with pytest.raises(RuntimeError, match="rank 2 runs another configuration, other library"):
        ranks.wire(2).serve(MARK)


def test_the_cause_of_a_rank_that_failed_before_it_joined_is_passed_on(ranks):
    """It is no rank of another configuration."""
    ranks.start(1, Message(Kind.FAILED, payload=table(b"OSError: no disk\nTraceback")))
    with pytest.raises(RanksMissing, match=r"^rank 1 failed: OSError: no disk$") as missing:
        ranks.wire(1).serve(MARK)
    assert missing.value.traceback == "Traceback"


def test_a_rank_that_does_not_come_is_named(ranks):
    with pytest.raises(RuntimeError, match="rank 1 did not join within 1 s; see its own output"):
        ranks.wire(1, start=1).serve(MARK)


@pytest.mark.parametrize(
    ("failure", "kind", "said"), [(b"", Kind.HELLO, b""), (b"E: x", Kind.FAILED, b"E: x")]
)
def test_a_worker_rank_says_hello_with_its_mark_or_that_it_failed(
    group_meeting, monkeypatch, failure, kind, said
):
    joined, one = [], Ranks("gloo", group_meeting, monkeypatch).wire(3)
    monkeypatch.setenv("RANK", "3")
    monkeypatch.setattr(rendezvous, "meeting_place", lambda seconds: group_meeting.client())
    thread = threading.Thread(target=lambda: joined.append(one.attend(MARK, failure)), daemon=True)
    thread.start()
    link = group_meeting.link(3, side=0).receive(HELLO_BYTES, LONG)
    thread.join(LONG)
    said = said or MARK + Machine.here(CPU).encode()
    assert (link.kind, link.bytes().tobytes()) == (kind, said)
    assert len(joined) == 1


@pytest.mark.parametrize("failure", [b"", b"E: x\nTrace"])
def test_over_tls_a_worker_rank_is_let_in_or_says_that_it_failed(
    group_meeting, monkeypatch, failure
):
    ranks, links = Ranks("tls", group_meeting, monkeypatch), []
    one = ranks.wire(1)
    monkeypatch.setenv("RANK", "1")
    monkeypatch.setenv("LOCAL_WORLD_SIZE", "2")
    monkeypatch.setattr(rendezvous, "meeting_place", lambda seconds: group_meeting.client())
    thread = threading.Thread(target=lambda: links.append(one.attend(MARK, failure)), daemon=True)
    thread.start()
    if failure:
        with pytest.raises(RanksMissing, match=r"^rank 1 failed: E: x$"):
            one.serve(MARK)
        thread.join(LONG)
        return
    hub = one.serve(MARK)
    thread.join(LONG)
    assert hub.machines[1].pid == os.getpid()
    links[0].send(Message(Kind.COMMIT, 3), LONG)
    assert hub.gather(Message(Kind.COMMIT, 3), {1: 0}) == {1: None}
    assert hub.door.door.is_alive()
    links[0].close()
    hub.stop()
    assert not hub.door.door.is_alive()


def test_a_store_that_this_process_serves_lives_on_after_its_caller(monkeypatch):
    """Without torchrun rank 0 serves it, and the other ranks come when they come."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    variables = {"RANK": "0", "WORLD_SIZE": "1", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
    for name, value in variables.items():
        monkeypatch.setenv(name, str(value))
    monkeypatch.delenv("TORCHELASTIC_USE_AGENT_STORE", raising=False)
    rendezvous.meeting_place(LONG).set("key", "value")
    gc.collect()
    wait = timedelta(seconds=LONG)
    client = dist.TCPStore("127.0.0.1", port, is_master=False, wait_for_workers=False, timeout=wait)
    assert client.get("key") == b"value"
