"""What tests of links share: both ends over real sockets, peers in threads of this process."""

import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta

import pytest
import torch
import torch.distributed as dist
from support import PATIENCE

from robusttrain.comm.group_link import GroupLink
from robusttrain.comm.hub import Hub
from robusttrain.comm.link import LinkError

LIMIT, LONG = 1 << 20, 60 * PATIENCE
Peer = Callable[[GroupLink], object]


class Meeting:
    """Joins worker ranks, which are functions in threads, to the server, which is the test."""

    def __init__(self) -> None:
        self.store = dist.TCPStore("127.0.0.1", 0, is_master=True, timeout=timedelta(seconds=LONG))
        self.over = threading.Event()
        self.threads: list[threading.Thread] = []
        self.links: list[GroupLink] = []  # a link whose owner is gone would break

    def client(self) -> dist.Store:
        """The store as another rank has it."""
        return dist.TCPStore("127.0.0.1", self.store.port, timeout=timedelta(seconds=LONG))

    def link(self, name: int, side: int, seconds: float = LONG) -> GroupLink:
        """One end of the link to rank `name`; the other must join within `seconds`."""
        store = self.client() if side else self.store
        link = GroupLink(store, f"link/{name}", side, "gloo", torch.device("cpu"), seconds)
        self.links.append(link)
        return link

    def start(self, name: int, peer: Peer) -> None:
        """Rank `name` is peer(link), in a thread."""

        def be() -> None:
            with suppress(LinkError):
                peer(self.link(name, side=1))

        self.threads.append(threading.Thread(target=be, daemon=True))
        self.threads[-1].start()

    def join(self, *peers: Peer) -> dict[int, GroupLink]:
        """rank -> the server's end of the link to it, for ranks 1, 2, ..."""
        for name, peer in enumerate(peers, start=1):
            self.start(name, peer)
        return {name: self.link(name, side=0) for name in range(1, len(peers) + 1)}

    def hub(self, *peers: Peer, deadline: float = LONG) -> Hub:
        """A Hub whose rank i is peers[i-1](link)."""
        return Hub(self.join(*peers), LIMIT, deadline)

    def hang(self, link: GroupLink) -> None:
        """A peer that takes one message, and then neither sends nor reads until the test ends."""
        link.receive(LIMIT, LONG)
        self.over.wait(LONG)


@pytest.fixture
def meeting() -> Iterator[Meeting]:
    """Where ranks meet; its peers have ended when the test has."""
    made = Meeting()
    yield made
    made.over.set()
    for thread in made.threads:
        thread.join(LONG)
        assert not thread.is_alive()
