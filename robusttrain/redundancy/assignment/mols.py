"""ByzShield: tasks laid out by mutually orthogonal Latin squares."""

from dataclasses import dataclass

import numpy as np

from robusttrain.combinatorics.finite_fields import field, prime_power
from robusttrain.redundancy.assignment.base import MOST_TASKS, Assignment


@dataclass(frozen=True)
class Mols(Assignment):
    """f = l² tasks for K = r l workers in r classes of l, one class for each Latin square.

    Task il + j is held by worker (k-1)l + L_k(i, j) for k = 1..r, where

        L_k(i, j) = k i + j   in GF(l), k its k-th nonzero element.

    Every worker holds l tasks; two share one task if they are of different classes, else
    none. The published integer formula is the same for prime l, and is no set of orthogonal
    squares for other l.

    replication: 2 <= r < l, l = K / r a prime power; for even r a vote can tie, and the task
        is dropped.
    Source: Konstantinidis and Ramamoorthy, ByzShield (2021).

    >>> Mols(2).teams(6)[:4].tolist()  # l = 3
    [[0, 3], [1, 4], [2, 5], [1, 5]]
    """

    replication: int

    def obstacle(self, workers: int) -> str | None:
        r = self.replication
        order = workers // r
        if workers % r or order <= r or prime_power(order) is None:
            return f"workers must be {r} l, with l a prime power above {r}"
        if order**2 > MOST_TASKS:
            return f"{order}²={order**2} tasks are more than {MOST_TASKS}"
        return None

    def teams(self, workers: int) -> np.ndarray:
        self.check(workers)
        order = workers // self.replication
        gf = field(order)
        i, j = np.divmod(np.arange(order**2)[:, None], order)
        k = np.arange(1, self.replication + 1)
        return (k - 1) * order + gf.plus[gf.times[k, i], j]
