"""Fractional repetition: groups of workers that all do the same."""

from dataclasses import dataclass

import numpy as np

from robusttrain.combinatorics.worst_case import Worst
from robusttrain.redundancy.assignment.base import Assignment


@dataclass(frozen=True)
class Repetition(Assignment):
    """f = K / r tasks; task g is held by the group of workers gr..gr+r-1.

    Every worker holds one task; two workers share it if they are of one group, else nothing.

    replication: r >= 2, a divisor of K; for even r a vote can tie, and the task is dropped.
    Source: the repetition code of DRACO (Chen et al., 2018), which DETOX keeps (Rajput et
        al., 2019).

    >>> Repetition(3).teams(6).tolist()
    [[0, 1, 2], [3, 4, 5]]
    """

    replication: int

    def obstacle(self, workers: int) -> str | None:
        if workers < 1 or workers % self.replication:
            return f"workers must be a multiple of {self.replication}"
        return None

    def teams(self, workers: int) -> np.ndarray:
        self.check(workers)
        return np.arange(workers).reshape(-1, self.replication)

    def worst(self, workers: int, byzantine: int, need: int) -> Worst:
        """min(f, floor(q / need)) for 1 <= need <= r: `need` liars a group, the rest anywhere."""
        assert need >= 1
        groups = self.teams(workers)
        count = min(len(groups), byzantine // need) if need <= self.replication else 0
        placed = groups[:count, :need].ravel()
        spare = np.setdiff1d(groups, placed)[: byzantine - len(placed)]
        liars = np.sort(np.concatenate([placed, spare]))
        return Worst(count, count, tuple(map(int, liars)), np.arange(count))

    def undetected(self, workers: int, byzantine: int) -> Worst:
        """As many as `worst` for a majority, need = floor(r/2) + 1: no winner is convicted.

        A won group has more liars than honest, so the honest of all won groups are a
        smaller cover of the disagreements than the liars, and it leaves out every liar. No
        honest worker is ever convicted, so fewer than `need` liars never win a group.
        """
        return self.worst(workers, byzantine, need=self.replication // 2 + 1)
