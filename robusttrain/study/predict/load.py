"""Load: the amounts of work, bytes and messages of one mean step."""

from dataclasses import dataclass

from robusttrain.study.predict.work import Work


@dataclass(frozen=True)
class Load:
    """What one mean step of a row of the price table asks for.

    kind: plain, ddp, sums (probes) or rows (one vector a task, with digests or without).
    work: Work. Of the rank that computes most, its own passes once.
    vector: float. 4 D, bytes of a gradient.
    ranks: int. W, worker ranks.
    workers: int. K.
    vectors: int. n, that the server takes in.
    parts: int. Messages of a rank in which its vectors arrive, one after the other.
    micro: float. Micro-batches of `work`.
    checks: float. share x checkers: further passes of every rank for others.
    told: float. share: steps in which ranks are told whom to check.
    referee: float. Passes that the server makes itself, in units of `work`.
    hashed: float. Vectors that a rank makes digests of.
    compared: float. Vectors that the server makes digests of.
    ruled: float. Vectors that the pre-aggregators and the rule read; one read twice counts twice.
    rank_threads, server_threads: int. That make digests.
    """

    kind: str
    work: Work
    vector: float
    ranks: int
    workers: int
    vectors: int = 0
    parts: int = 1
    micro: float = 1.0
    checks: float = 0.0
    told: float = 0.0
    referee: float = 0.0
    hashed: float = 0.0
    compared: float = 0.0
    ruled: float = 0.0
    rank_threads: int = 1
    server_threads: int = 1
