"""Ranks that are launched apart: they meet by an address and keys, and come back."""

import os
import socket
import threading

import pytest
import torch
from support import PATIENCE, wait_for

from robusttrain.comm.apart import Apart
from robusttrain.comm.hello import hello
from robusttrain.comm.keys import make
from robusttrain.comm.link import Kind, LinkError, Message
from robusttrain.comm.losses import RanksMissing
from robusttrain.comm.ranks import launched, on_one_machine, rank, take_place, worker_ranks
from robusttrain.comm.rendezvous import Wire

CPU, MARK, LONG = torch.device("cpu"), bytes(range(32)), 60 * PATIENCE


@pytest.fixture
def apart(tmp_path, monkeypatch):
    """A server's place with two worker ranks, and the keys of all."""
    for name in ("RANK", "WORLD_SIZE", "LOCAL_RANK", "LOCAL_WORLD_SIZE", "GROUP_RANK"):
        monkeypatch.setenv(name, "7")
    take_place(0, 2)
    make(tmp_path / "keys", 2)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    return Apart(("127.0.0.1", port), tmp_path / "keys")


def wire(apart: Apart, start: float = LONG) -> Wire:
    return Wire("tls", CPU, start, LONG, LONG, 1 << 16, 1 << 16, apart)


class Rank(threading.Thread):
    """Worker rank `number`: answers every message until its link ends, and comes back if told."""

    def __init__(self, apart: Apart, number: int, mark: bytes = MARK) -> None:
        super().__init__(daemon=True)
        self.way, self.mark, self.links, self.over = apart.way(number, CPU, LONG), mark, [], False
        self.error = None
        self.start()

    def run(self) -> None:
        while not self.over:
            try:
                self.links.append(self.way(hello(self.mark, CPU)))
                while (message := self.links[-1].receive(1 << 16, LONG)).kind != Kind.STOP:
                    self.links[-1].send(message.reply(Kind.COMMIT), LONG)
                self.end()
            except LinkError as error:
                self.error = error
                self.over |= len(self.links) == 0

    def end(self) -> None:
        self.over = True
        self.links[-1].close()


def asked(hub, step):
    hub.send(dict.fromkeys(hub.links, Message(Kind.PUBLISH, step)))
    return set(hub.gather(Message(Kind.COMMIT, step), dict.fromkeys(list(hub.links), 0)))


def test_a_place_is_what_torchruns_variables_would_say(apart):
    assert launched()
    assert (rank(), worker_ranks(), on_one_machine()) == (0, 2, False)
    assert "GROUP_RANK" not in os.environ


def test_a_rank_that_broke_off_comes_back_and_so_does_another_process_with_its_key(apart):
    ranks = [Rank(apart, number) for number in (1, 2)]
    hub = wire(apart).serve(MARK)
    assert hub.returns == LONG
    assert asked(hub, 0) == {1, 2}
    ranks[0].links[-1].close()
    wait_for(lambda: hub.discard() or hub.welcome() == [1])
    assert asked(hub, 1) == {1, 2}
    ranks[1].end()
    wait_for(lambda: hub.discard() or 2 in hub.lost)
    assert asked(hub, 2) == {1}
    ranks[1] = Rank(apart, 2)
    wait_for(lambda: hub.welcome() == [2])
    assert asked(hub, 3) == {1, 2}
    hub.stop()
    for one in ranks:
        one.join(LONG)
        assert not one.is_alive()
    assert hub.lost == {}


def test_ranks_find_a_server_that_starts_again(apart):
    one = [Rank(apart, number) for number in (1, 2)]
    first = wire(apart).serve(MARK)
    first.door.close()
    first.close()
    second = wire(apart).serve(MARK)
    assert asked(second, 0) == {1, 2}
    second.stop()
    assert [len(rank.links) for rank in one] == [2, 2]


def test_a_server_may_start_with_fewer_and_others_join_later(apart):
    few = Apart(apart.address, apart.folder, start_with=1)
    Rank(apart, 2)
    hub = wire(few).serve(MARK)
    assert (list(hub.links), hub.lost) == ([2], {1: "has not joined yet"})
    Rank(apart, 1)
    wait_for(lambda: hub.welcome() == [1])
    assert asked(hub, 0) == {1, 2}
    assert hub.lost == {}
    hub.stop()


def test_a_rank_that_does_not_come_or_runs_something_else_is_named(apart):
    Rank(apart, 2)
    with pytest.raises(RanksMissing, match="rank 1 did not join within 1 s"):
        wire(apart, start=1).serve(MARK)
    other = Rank(apart, 1, mark=bytes(32))
    with pytest.raises(RanksMissing, match="rank 1 runs another configuration"):
        wire(apart, start=2).serve(MARK)
    other.join(LONG)
    assert "another configuration" in str(other.error)
