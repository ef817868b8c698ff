"""What tests of links share: both ends over real sockets, peers in threads of this process."""

import queue
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
from robusttrain.comm.link import Link, LinkError
from robusttrain.comm.pairs import tls_pair
from robusttrain.comm.tls_link import TlsLink

LIMIT, LONG = 1 << 20, 60 * PATIENCE
Peer = Callable[[Link], object]


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


class TlsMeeting(Meeting):
    """The same, over TLS."""

    def __init__(self) -> None:
        super().__init__()
        self.ends: dict[int, queue.SimpleQueue] = {}

    def link(self, name: int, side: int, seconds: float = LONG) -> TlsLink:
        """One end of the link to rank `name`; side 1 makes both."""
        if side:
            ends = tls_pair()
            self.end_of(name).put(ends[0])
            link = ends[1]
        else:
            try:
                link = self.end_of(name).get(timeout=seconds)
            except queue.Empty:
                raise LinkError(f"did not join within {seconds:g} s") from None
        self.links.append(link)
        return link

    def end_of(self, name: int) -> queue.SimpleQueue:
        """Where the server's end of the link to a rank is left, whichever thread asks first."""
        return self.ends.setdefault(name, queue.SimpleQueue())


def met(made: Meeting) -> Iterator[Meeting]:
    """The meeting, until the test is over and its peers have ended."""
    yield made
    made.over.set()
    for thread in made.threads:
        thread.join(LONG)
        assert not thread.is_alive()
    for link in made.links:
        if isinstance(link, TlsLink):
            link.close()


@pytest.fixture(params=[Meeting, TlsMeeting])
def meeting(request) -> Iterator[Meeting]:
    """Where ranks meet, over links of either kind; its peers have ended when the test has."""
    yield from met(request.param())


@pytest.fixture
def group_meeting() -> Iterator[Meeting]:
    """Where ranks meet over process groups."""
    yield from met(Meeting())
