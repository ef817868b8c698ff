"""Ranks find each other: rank 0 is the server, all others are worker ranks."""

import os
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import torch
import torch.distributed as dist

from robusttrain.comm.buffered import Buffered
from robusttrain.comm.door import Door
from robusttrain.comm.group_link import GroupLink
from robusttrain.comm.hello import DIFFERS, HELLO_BYTES, Hello, hello
from robusttrain.comm.hub import Hub, RanksMissing
from robusttrain.comm.link import Kind, Link, LinkError, Message
from robusttrain.comm.machine import Machine
from robusttrain.comm.tls_meeting import come_in, open_door

LOOPBACK = "127.0.0.1"
STORES: list[dist.Store] = []


def launched() -> bool:
    """Whether torchrun (or what sets the same variables) started this process."""
    return "RANK" in os.environ and "WORLD_SIZE" in os.environ


def rank() -> int:
    return int(os.environ.get("RANK", "0"))


def local_rank() -> int:
    return int(os.environ.get("LOCAL_RANK", "0"))


def local_ranks() -> int:
    """How many ranks this machine has; 0 if it is not known."""
    return int(os.environ.get("LOCAL_WORLD_SIZE", "0"))


def beside(rank: int) -> bool:
    """Whether torchrun started `rank` on this machine, which has rank 0; False: not known."""
    return os.environ.get("GROUP_RANK") == "0" and rank < local_ranks()


def on_one_machine() -> bool:
    """Whether all ranks are here, as far as what started this process says."""
    return not launched() or local_ranks() == int(os.environ["WORLD_SIZE"])


def worker_ranks() -> int:
    """W: all ranks but the server."""
    return int(os.environ["WORLD_SIZE"]) - 1


def hosting(workers: int, ranks: int, auditor: int = 0) -> dict[int, list[int]]:
    """rank -> the workers it hosts: {0..K-1} in order, cut into nearly equal parts.

    The rank `auditor` hosts none; 0: there is no such rank.
    """
    hosts = [rank for rank in range(1, ranks + 1) if rank != auditor]
    parts = np.array_split(np.arange(workers), len(hosts))
    hosted = {rank: part.tolist() for rank, part in zip(hosts, parts, strict=True)}
    return {rank: hosted.get(rank, []) for rank in range(1, ranks + 1)}


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
    about: str. Tells connections apart that the same ranks make one after another.
    """

    backend: str
    device: torch.device
    start: float
    deadline: float
    patience: float
    limit_up: int
    limit_down: int
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

    def serve(self, fingerprint: bytes, keep: Callable[[Door], None] | None = None) -> Hub:
        """Join all worker ranks. Raises RanksMissing if one is missing or runs something else.

        fingerprint: 32 bytes that stand for the configuration and the versions of a rank.
        keep: with tls, is given the door, which stays open; None: it is closed.
        """
        store = meeting_place(self.start)
        if self.backend == "tls":
            return self._serve_tls(store, fingerprint, keep)
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

    def _serve_tls(
        self, store: dist.Store, fingerprint: bytes, keep: Callable[[Door], None] | None
    ) -> Hub:
        host = LOOPBACK if on_one_machine() else ""
        door, joined = open_door(
            self._apart(store), host, worker_ranks(), fingerprint, self.device, self.start
        )
        if keep is None:
            door.close()
        else:
            keep(door)
        ranks = sorted(joined)
        hub = self._hub({rank: joined[rank].link for rank in ranks})
        hub.machines.update({rank: known(rank, joined[rank].machine) for rank in ranks})
        return hub

    def _hub(self, links: Mapping[int, Link]) -> Hub:
        return Hub(links, self.limit_up, self.deadline)

    def _apart(self, store: dist.Store) -> dist.Store:
        return dist.PrefixStore(f"tls{self.about}", store)

    def attend(self, fingerprint: bytes, failure: bytes = b"") -> Link:
        """Join the server, as worker rank `rank()`, and tell it where this rank runs.

        failure: bytes. What `pack` made, if all there is to tell is that this rank has failed.
        """
        store, first = meeting_place(self.start), hello(fingerprint, self.device, failure)
        if self.backend == "tls":
            host = LOOPBACK if on_one_machine() else os.environ["MASTER_ADDR"]
            link: Link = come_in(self._apart(store), host, rank(), first, self.device, self.start)
            return self.worker_end(link)
        link = self.worker_end(self.link(store, rank(), side=1))
        link.send(first, self.start)
        return link


def known(rank: int, machine: Machine) -> Machine:
    """Where a rank says that it runs; on which host as torchrun knows, if it does."""
    return machine.on(socket.gethostname()) if beside(rank) else machine
