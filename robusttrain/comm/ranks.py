"""Ranks: which one this process is, and where others are, as the launcher's variables say."""

import os

import numpy as np


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


def take_place(rank: int, ranks: int) -> None:
    """Be rank `rank` of a run of `ranks` worker ranks, as torchrun's variables would say."""
    os.environ.update(RANK=str(rank), WORLD_SIZE=str(ranks + 1), LOCAL_WORLD_SIZE="1")
    os.environ.setdefault("LOCAL_RANK", "0")
    os.environ.pop("GROUP_RANK", None)
