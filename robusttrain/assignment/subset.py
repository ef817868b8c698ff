"""Aspis: one task for every r-subset of the workers."""

from dataclasses import dataclass
from itertools import combinations
from math import comb

import numpy as np

from robusttrain.assignment.base import Assignment


@dataclass(frozen=True)
class Subset(Assignment):
    """f = C(K, r) tasks; task i is held by the i-th r-subset of {0..K-1} in lexicographic order.

    Every worker holds C(K-1, r-1) tasks and every pair shares C(K-2, r-2) of them.
    replication: r, odd so that a vote cannot tie, 3 <= r <= K.
    Source: Konstantinidis and Ramamoorthy, Aspis (2021).
    """

    replication: int

    def __post_init__(self) -> None:
        if self.replication < 3 or self.replication % 2 == 0:
            raise ValueError(
                f"assignment.replication={self.replication} must be odd and >= 3, so that a "
                "vote cannot tie; use 3 or 5, or assignment=single for no redundancy"
            )

    def holders(self, workers: int) -> np.ndarray:
        if self.replication > workers:
            raise ValueError(
                f"assignment.replication={self.replication} must be at most workers={workers}: "
                "no task can have more holders than there are workers; lower it"
            )
        subsets = np.array(list(combinations(range(workers), self.replication)))
        held = np.zeros((workers, len(subsets)), dtype=bool)
        held[subsets, np.arange(len(subsets))[:, None]] = True
        return held

    def forgeable(self, workers: int, byzantine: int, compared: bool) -> int:
        """C(2q, r)/2 where copies are compared; else all tasks with a Byzantine majority."""
        q, r = byzantine, self.replication
        if compared:
            return comb(2 * q, r) // 2
        return sum(comb(q, i) * comb(workers - q, r - i) for i in range((r + 1) // 2, r + 1))
