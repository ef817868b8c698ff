"""ByzShield: tasks laid out by Ramanujan bigraphs, which are good expanders."""

from dataclasses import dataclass

import numpy as np

from robusttrain.combinatorics.finite_fields import is_prime
from robusttrain.redundancy.assignment.base import MOST_TASKS, Assignment
from robusttrain.values import check_whole


@dataclass(frozen=True)
class Ramanujan(Assignment):
    """Workers and tasks are the columns and rows of B, or the reverse; s is a prime.

    B [s², m s] is made of s x m blocks: block (a, j) is P^(a j), P the cyclic shift of order s.
        case 1: K = m s workers (columns), f = s² tasks, r = m < s, load s
        case 2: K = s² workers (rows), f = m s tasks, r = s, load m, a multiple of s
    With A [K, f] the incidence matrix, the second eigenvalue of A Aᵀ / (r load) is 1/r. Case
    1 is `mols` of prime order with its tasks in another order. Two workers share one task or
    none in case 1, m/s tasks or none in case 2.

    replication: r >= 2, below K / r in case 1, a prime in case 2; for even r a vote can tie,
        and the task is dropped.
    case: 1 or 2, as above.
    load: tasks a worker; null: s.
    Source: Konstantinidis and Ramamoorthy, ByzShield (2021).

    >>> Ramanujan(2).teams(6)[:4].tolist()  # s = 3
    [[0, 3], [1, 4], [2, 5], [0, 4]]
    """

    replication: int
    case: int = 1
    load: int | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        r, load = self.replication, self.load
        if load is not None:
            check_whole("assignment.load", load, 1, use="null")
        if self.case not in (1, 2):
            raise ValueError(f"assignment.case={self.case} must be 1 or 2; use 1")
        if self.case == 2 and not is_prime(r):
            raise ValueError(
                f"assignment.replication={r} must be a prime in case 2; use 3 or 5, or "
                "assignment.case=1"
            )
        if self.case == 1 and load is not None and not (load > r and is_prime(load)):
            raise ValueError(
                f"assignment.load={load} must be a prime above assignment.replication={r} in "
                "case 1, where it is workers / replication; use null"
            )
        if self.case == 2 and load is not None and (load < r or load % r):
            raise ValueError(
                f"assignment.load={load} must be a positive multiple of "
                f"assignment.replication={r} in case 2; use {r}, {2 * r} or null"
            )

    def obstacle(self, workers: int) -> str | None:
        r = self.replication
        if self.case == 2:
            return None if workers == r * r else f"workers must be {r}² in case 2"
        s = workers // r
        if workers % r or s <= r or not is_prime(s):
            return f"workers must be {r} s in case 1, with s a prime above {r}"
        if s * s > MOST_TASKS:
            return f"{s}²={s * s} tasks are more than {MOST_TASKS}"
        if self.load not in (None, s):
            return f"assignment.load={self.load} must be workers / replication = {s} in case 1"
        return None

    def teams(self, workers: int) -> np.ndarray:
        self.check(workers)
        r = self.replication
        if self.case == 1:
            s, j = workers // r, np.arange(r)
            a, x = np.divmod(np.arange(s * s)[:, None], s)
            return j * s + (x + a * j) % s
        s, m = r, self.load or r
        a = np.arange(s)
        j, y = np.divmod(np.arange(m * s)[:, None], s)
        return a * s + (y - a * j) % s
