"""Aspis: one task for every r-subset of the workers."""

from bisect import bisect_right
from dataclasses import dataclass
from itertools import chain, combinations
from math import comb

import numpy as np

from robusttrain.combinatorics.worst_case import Worst
from robusttrain.redundancy.assignment.base import MOST_TASKS, Assignment


@dataclass(frozen=True)
class Subset(Assignment):
    """f = C(K, r) tasks; task i is held by the i-th r-subset of {0..K-1} in lexicographic order.

    Every worker holds C(K-1, r-1) tasks and every pair shares C(K-2, r-2) of them.

    replication: r, 2 <= r <= K; for even r a vote can tie, and the task is dropped.
    ValueError: more than `MOST_TASKS` tasks.
    Source: Konstantinidis and Ramamoorthy, Aspis (2021).

    >>> Subset(3).teams(4).tolist()
    [[0, 1, 2], [0, 1, 3], [0, 2, 3], [1, 2, 3]]
    """

    replication: int

    def obstacle(self, workers: int) -> str | None:
        if workers < self.replication:
            return "no task can have more holders than there are workers"
        tasks = comb(workers, self.replication)
        if tasks > MOST_TASKS:
            count = f"={tasks}" if tasks < 10**15 else ""
            return f"C({workers},{self.replication}){count} tasks are more than {MOST_TASKS}"
        return None

    def nearest(self, workers: int, reach: int = 200, most: int | None = None) -> list[int]:
        if workers < self.replication:
            return [self.replication] if self.replication <= workers + reach else []
        sizes = range(self.replication, workers)
        limit = MOST_TASKS if most is None else min(most, MOST_TASKS)
        count = bisect_right(sizes, limit, key=lambda k: comb(k, self.replication))
        return [sizes[count - 1]]

    def teams(self, workers: int) -> np.ndarray:
        self.check(workers)
        subsets = combinations(range(workers), self.replication)
        flat = np.fromiter(chain.from_iterable(subsets), dtype=np.int64)
        return flat.reshape(-1, self.replication)

    def worst(self, workers: int, byzantine: int, need: int) -> Worst:
        """sum over i >= need of C(q, i) C(K-q, r-i), whoever the q liars are."""
        liars = (self.teams(workers) < byzantine).sum(axis=1)
        return _attained(byzantine, np.flatnonzero(liars >= need))

    def undetected(self, workers: int, byzantine: int) -> Worst | None:
        """sum over i > r/2 of C(q, i) C(q, r-i), which is C(2q, r)/2 for odd r; needs 2q < K.

        The q liars lie where all honest holders are in D, q honest workers of their choice:
        then liars and D both cover the disagreements (ATT-2 on Aspis). That nothing wins more
        was searched for r <= 4 and small K; for r >= 5 it rests on the paper's theorem.
        """
        if 2 * byzantine >= workers:
            return None
        teams = self.teams(workers)
        majority = 2 * (teams < byzantine).sum(axis=1) > self.replication
        within = teams[:, -1] < 2 * byzantine
        return _attained(byzantine, np.flatnonzero(majority & within))


def _attained(byzantine: int, tasks: np.ndarray) -> Worst:
    """The exact worst case of the first q workers."""
    return Worst(len(tasks), len(tasks), tuple(range(byzantine)), tasks)
