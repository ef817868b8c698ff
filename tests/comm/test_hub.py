"""Links over real sockets, with peers that lie about sizes, label wrongly, hang or vanish."""

import re
import threading
import time
from contextlib import suppress
from datetime import timedelta

import pytest
import torch
import torch.distributed as dist

from robusttrain.comm.group_link import GroupLink
from robusttrain.comm.hub import Hub
from robusttrain.comm.link import MAGIC, Kind, Link, LinkError, Message, table
from robusttrain.comm.rendezvous import hosting

CPU = torch.device("cpu")
LIMIT = 1 << 20


@pytest.fixture
def connect():
    """connect(*peers) -> a Hub whose rank i is the function peers[i-1](link) in a thread."""
    store = dist.TCPStore("127.0.0.1", 0, is_master=True, timeout=timedelta(seconds=10))

    def start(*peers, deadline: float = 5.0) -> Hub:
        def be(name: int, peer) -> None:
            client = dist.TCPStore("127.0.0.1", store.port, timeout=timedelta(seconds=10))
            with suppress(LinkError):
                peer(GroupLink(client, f"link/{name}", 1, "gloo", CPU, 10))

        for name, peer in enumerate(peers, start=1):
            threading.Thread(target=be, args=(name, peer), daemon=True).start()
        names = range(1, len(peers) + 1)
        return Hub(
            {n: GroupLink(store, f"link/{n}", 0, "gloo", CPU, 10) for n in names}, LIMIT, deadline
        )

    return start


def answer(size: int, **labels: int):
    """A peer that commits `size` bytes to each step it is asked for, then leaves at STOP."""

    def peer(link: Link) -> None:
        while (message := link.receive(LIMIT, 20)).kind != Kind.STOP:
            payload = torch.full((size,), message.step, dtype=torch.uint8)
            link.send(Message(Kind.COMMIT, labels.get("step", message.step), payload=payload), 5)

    return peer


def publish(hub: Hub, step: int) -> dict:
    hub.send(dict.fromkeys(hub.links, Message(Kind.PUBLISH, step, payload=table(b"parameters"))))
    return hub.gather(Message(Kind.COMMIT, step), dict.fromkeys(list(hub.links), 3))


def test_payloads_arrive_and_are_counted(connect):
    hub = connect(answer(3), answer(3))
    for step in range(3):
        said = publish(hub, step)
        assert {rank: payload.tolist() for rank, payload in said.items()} == {
            1: [step] * 3,
            2: [step] * 3,
        }
    assert hub.received == 3 * 2 * (48 + 3)
    hub.stop()
    assert hub.lost == {}


def vanish(link: Link) -> None:
    link.receive(LIMIT, 20)
    link.close()


def hang(link: Link) -> None:
    link.receive(LIMIT, 20)
    time.sleep(8)


def header(*numbers: int):
    def peer(link: GroupLink) -> None:
        link.receive(LIMIT, 20)
        link.control.send([torch.tensor(numbers)], 0, 0).wait()
        time.sleep(8)

    return peer


@pytest.mark.parametrize(
    ("peer", "reason"),
    [
        (vanish, "broke"),
        (hang, "was silent for 2 s at COMMIT"),
        (answer(4), "broke the protocol: .* of 4 bytes where .* of 3 was due"),
        (answer(3, step=7), "broke the protocol: .*7.* where"),
        (header(MAGIC, Kind.COMMIT, 0, 0, 0, LIMIT + 1), "broke the protocol: header"),
        (header(MAGIC, Kind.COMMIT, 0, 0, 0, -1), "broke the protocol: header"),
        (header(MAGIC, 99, 0, 0, 0, 3), "broke the protocol: header"),
        (header(1, 2, 3, 4, 5, 6), "broke the protocol: header"),
        (header(0), "broke the protocol: header"),
    ],
)
def test_a_bad_peer_is_cut_off_alone(connect, peer, reason):
    hub = connect(answer(3), peer, answer(3), deadline=2)
    start = time.monotonic()
    said = publish(hub, 0)
    assert time.monotonic() - start < 4
    assert set(said) == {1, 3}
    assert list(hub.lost) == [2]
    assert re.search(reason, hub.lost[2])
    assert set(publish(hub, 1)) == {1, 3}
    hub.stop()


def test_what_is_stale_is_thrown_away(connect):
    def late(link: Link) -> None:
        link.receive(LIMIT, 20)
        for step, pull in ((0, 0), (4, 1), (5, 2), (5, 3)):
            link.send(Message(Kind.ROWS, step, pull, 0, table(bytes([step, pull]))), 5)
        link.receive(LIMIT, 20)

    hub = connect(late)
    hub.send({1: Message(Kind.PUBLISH, 5)})
    said = hub.gather(Message(Kind.ROWS, 5, 3), {1: 2})
    assert said[1].tolist() == [5, 3]
    hub.stop()


def test_a_peer_that_reads_nothing_does_not_stop_the_others(connect):
    hub = connect(answer(3), hang, deadline=1.5)
    publish(hub, 0)
    start = time.monotonic()
    big = Message(Kind.PUBLISH, 1, payload=torch.zeros(LIMIT - 1, dtype=torch.uint8))
    hub.send(dict.fromkeys(hub.links, big))
    assert time.monotonic() - start < 3
    assert list(hub.lost) == [2]
    assert set(hub.gather(Message(Kind.COMMIT, 1), {1: 3, 2: 3})) == {1}
    hub.stop()


def test_a_missing_peer_is_reported_at_the_start():
    store = dist.TCPStore("127.0.0.1", 0, is_master=True, timeout=timedelta(seconds=5))
    with pytest.raises(LinkError, match="did not join within 1 s"):
        GroupLink(store, "link/1", 0, "gloo", CPU, 1)


def test_hosting_gives_every_worker_one_rank():
    assert hosting(15, 3) == {i + 1: list(range(5 * i, 5 * i + 5)) for i in range(3)}
    for workers in range(1, 9):
        for ranks in range(1, workers + 1):
            parts = hosting(workers, ranks)
            assert sorted(w for part in parts.values() for w in part) == list(range(workers))
            sizes = {len(part) for part in parts.values()}
            assert max(sizes) - min(sizes) <= 1
            assert min(sizes) >= 1


def test_the_rank_that_audits_hosts_nobody_and_the_others_share():
    assert hosting(5, 3, auditor=2) == {1: [0, 1, 2], 2: [], 3: [3, 4]}
    for workers in range(1, 9):
        for ranks in range(2, workers + 2):
            for auditor in range(1, ranks + 1):
                parts = hosting(workers, ranks, auditor)
                assert list(parts) == list(range(1, ranks + 1))
                assert parts.pop(auditor) == []
                plain = hosting(workers, ranks - 1)
                assert list(parts.values()) == list(plain.values())


def test_messages_without_a_payload_read_as_nothing():
    assert Message(Kind.AUDIT).bytes().tolist() == []
    assert Message(Kind.AUDIT).floats().tolist() == []
    assert Message(Kind.AUDIT, payload=table(b"\1\2")).bytes().tolist() == [1, 2]
