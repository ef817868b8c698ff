"""Ranks find each other: rank 0 is the server, all others are worker ranks."""

import os
import socket
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import torch
import torch.distributed as dist

from robusttrain.comm.buffered import Buffered
from robusttrain.comm.group_link import GroupLink
from robusttrain.comm.hub import Hub, RanksMissing
from robusttrain.comm.link import Kind, Link, LinkError, Message, table
from robusttrain.comm.machine import MACHINE_BYTES, Machine

FINGERPRINT_BYTES = 32
HELLO_BYTES = FINGERPRINT_BYTES + MACHINE_BYTES
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

    backend: `gloo` or `nccl`.
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

    def serve(self, fingerprint: bytes) -> Hub:
        """Join all worker ranks. Raises RanksMissing if one is missing or runs something else.

        fingerprint: 32 bytes that stand for the configuration and the versions of a rank.
        """
        store, links = meeting_place(self.start), {}
        for name in range(1, worker_ranks() + 1):
            try:
                links[name] = self.link(store, name, side=0)
            except LinkError as error:
                raise RanksMissing(f"rank {name} {error}; see its own output") from error
        hub = Hub(links, self.limit_up, self.deadline)
        hellos = hub.gather(Message(Kind.HELLO), dict.fromkeys(links, HELLO_BYTES))
        for name in links:
            payload = hellos.get(name)
            reason = hub.lost.get(name, "broke the protocol")
            if payload is None and not reason.startswith("broke the protocol"):
                hub.close()
                raise RanksMissing(f"rank {name} {reason}", hub.tracebacks.get(name, ""))
            said = b"" if payload is None else payload.numpy().tobytes()
            if said[:FINGERPRINT_BYTES] != fingerprint:
                hub.close()
                raise RanksMissing(
                    f"rank {name} runs another configuration, other library versions or other "
                    "data than the server; start all ranks with the same command on the same "
                    "installation and files, and draw no data without a seed"
                )
            machine = Machine.decode(said[FINGERPRINT_BYTES:])
            hub.machines[name] = machine.on(socket.gethostname()) if beside(name) else machine
        return hub

    def attend(self, fingerprint: bytes, failure: bytes = b"") -> Link:
        """Join the server, as worker rank `rank()`, and tell it where this rank runs.

        failure: bytes. What `pack` made, if all there is to tell is that this rank has failed.
        """
        link = self.worker_end(self.link(meeting_place(self.start), rank(), side=1))
        hello = fingerprint + Machine.here(self.device).encode()
        kind, said = (Kind.FAILED, failure) if failure else (Kind.HELLO, hello)
        link.send(Message(kind, payload=table(said)), self.start)
        return link
