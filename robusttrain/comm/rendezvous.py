"""Ranks find each other: rank 0 is the server, all others are worker ranks."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

import torch
import torch.distributed as dist

from robusttrain.comm.apart import Apart
from robusttrain.comm.assembled import assembled
from robusttrain.comm.bell import Bell
from robusttrain.comm.buffered import Buffered
from robusttrain.comm.group_link import GroupLink
from robusttrain.comm.hello import DIFFERS, HELLO_BYTES, Hello, hello
from robusttrain.comm.hub import Hub
from robusttrain.comm.known import Known, known
from robusttrain.comm.link import Kind, Link, LinkError, Message
from robusttrain.comm.losses import RanksMissing
from robusttrain.comm.ranks import on_one_machine, rank, worker_ranks
from robusttrain.comm.tls_meeting import open_door, way_in

LOOPBACK = "127.0.0.1"
STORES: list[dist.Store] = []


def meeting_place(seconds: float) -> dist.Store:
    """The store where all ranks find each other, as the launcher's variables say.

    seconds: float. To wait for it.
    """
    store, _, _ = next(dist.rendezvous("env://", timeout=timedelta(seconds=seconds)))
    STORES.append(store)  # without torchrun it is served by this process, until it is dropped
    return store


@dataclass(frozen=True)
class Wire:
    """How ranks send and receive.

    backend: `tls`, `gloo` or `nccl`.
    device: torch.device. Where this rank computes.
    start: float. Seconds for all ranks to join.
    deadline: float. Seconds for a worker rank to answer the server.
    patience: float. Seconds that a worker rank waits for the server.
    limit_up: int. Bytes of the largest payload to the server.
    limit_down: int. Bytes of the largest payload to a worker rank.
    apart: Apart or None. How ranks meet that are launched apart; None: over the launcher's store.
    about: str. Tells connections apart that the same ranks make one after another.
    """

    backend: str
    device: torch.device
    start: float
    deadline: float
    patience: float
    limit_up: int
    limit_down: int
    apart: Apart | None = None
    about: str = ""

    def worker_end(self, link: Link) -> Link:
        """The link as a worker rank uses it."""
        return Buffered(link, self.limit_down)

    def link(self, store: dist.Store, name: int, side: int) -> Link:
        """Join rank `name` (side 1) and the server (side 0). Raises LinkError if one is late."""
        if self.backend == "nccl":
            os.environ["TORCH_NCCL_BLOCKING_WAIT"] = "1"
        return GroupLink(
            store, f"link{self.about}/{name}", side, self.backend, self.device, self.start
        )

    def serve(self, fingerprint: bytes) -> Hub:
        """Join all worker ranks. Raises RanksMissing if one is missing or runs something else.

        With tls, ranks that are lost can come in again.

        fingerprint: 32 bytes that stand for the configuration and the versions of a rank.
        """
        if self.backend == "tls":
            return self._serve_tls(fingerprint)
        store = meeting_place(self.start)
        links = {}
        for name in range(1, worker_ranks() + 1):
            try:
                links[name] = self.link(store, name, side=0)
            except LinkError as error:
                raise RanksMissing(f"rank {name} {error}; see its own output") from error
        hub = self._hub(links)
        hellos = hub.gather(Message(Kind.HELLO), dict.fromkeys(links, HELLO_BYTES))
        for name in links:
            payload = hellos.get(name)
            reason = {**hub.silent, **hub.lost}.get(name, "broke the protocol")
            if payload is None and not reason.startswith("broke the protocol"):
                hub.close()
                raise RanksMissing(f"rank {name} {reason}", hub.tracebacks.get(name, ""))
            told = Hello.decode(b"" if payload is None else payload.numpy().tobytes())
            if told.fingerprint != fingerprint:
                hub.close()
                raise RanksMissing(f"rank {name} {DIFFERS}")
            hub.machines[name] = known(name, told.machine)
        return hub

    def _serve_tls(self, fingerprint: bytes) -> Hub:
        ranks, bell, apart = worker_ranks(), Bell(), self.apart
        if apart is None:
            store, host = self._own(meeting_place(self.start)), LOOPBACK if on_one_machine() else ""
            door = open_door(store, host, ranks, fingerprint, self.device, self.start, bell)
        else:
            door = apart.door(ranks, fingerprint, self.device, bell)
        enough = ranks if apart is None else apart.start_with or ranks
        joined = assembled(door, bell, ranks, enough, self.start, again=apart is not None)
        hub = self._hub({})
        hub.door, hub.returns = Known(door), 0.0 if apart is None else self.start
        for number in sorted(joined):
            hub.admit(Known.of(joined[number]))
        absent = set(range(1, ranks + 1)) - joined.keys()
        hub.lost = dict.fromkeys(sorted(absent), "has not joined yet")
        return hub

    def _hub(self, links: Mapping[int, Link]) -> Hub:
        return Hub(links, self.limit_up, self.deadline)

    def _own(self, store: dist.Store) -> dist.Store:
        return dist.PrefixStore(f"tls{self.about}", store)

    def way(self) -> Callable[[Message], Link]:
        """hello -> a link to the server; with tls as often as it is wanted.

        Raises LinkError if the server is not there, and so does what is returned.
        """
        if self.backend != "tls":
            link = self.link(meeting_place(self.start), rank(), side=1)
            return lambda hello: link
        if self.apart is not None:
            return self.apart.way(rank(), self.device, self.patience)
        host = LOOPBACK if on_one_machine() else os.environ["MASTER_ADDR"]
        store = self._own(meeting_place(self.start))
        return way_in(store, host, rank(), self.device, self.start)

    def attend(
        self, fingerprint: bytes, failure: bytes = b"",
        way: Callable[[Message], Link] | None = None,
    ) -> Link:  # fmt: skip
        """Join the server, as worker rank `rank()`, and tell it where this rank runs.

        failure: bytes. What `pack` made, if all there is to tell is that this rank has failed.
        way: by which it was joined before; None: not yet.
        """
        first = hello(fingerprint, self.device, failure)
        link = self.worker_end((way or self.way())(first))
        if self.backend != "tls":
            link.send(first, self.start)
        return link
