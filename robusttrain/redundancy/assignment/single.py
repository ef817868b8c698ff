"""No redundancy: every worker has tasks of its own."""

from dataclasses import dataclass, field

import numpy as np

from robusttrain.combinatorics.worst_case import Worst
from robusttrain.redundancy.assignment.base import Assignment
from robusttrain.values import check_whole


@dataclass(frozen=True)
class Single(Assignment):
    """f tasks, task i held by worker floor(i K / f) alone: data parallelism, nothing to compare.

    Every worker holds floor(f / K) or ceil(f / K) tasks, which lie side by side.

    tasks: f >= K. None: K, so that task i is worker i's.
    replication: r = 1, not to be chosen.
    ValueError: `tasks` is no whole number, or less than K.

    >>> Single(tasks=5).teams(3).ravel().tolist()
    [0, 0, 1, 1, 2]
    """

    tasks: int | None = None
    replication: int = field(default=1, init=False)

    def __post_init__(self) -> None:
        """One copy is what this scheme is for."""
        if self.tasks is not None:
            check_whole("assignment.tasks", self.tasks, 1, use="null, for one a worker")

    def obstacle(self, workers: int) -> str | None:
        if workers < 1:
            return "there must be a worker"
        if self.tasks is not None and self.tasks < workers:
            return f"assignment.tasks={self.tasks} must be at least one a worker"
        return None

    def check(self, workers: int, most: int | None = None) -> None:
        if self.tasks is not None and self.tasks < workers:
            raise ValueError(
                f"assignment.tasks={self.tasks} must be at least workers={workers}, one each; use "
                f"assignment.tasks={workers} or more, or null, for one a worker"
            )
        super().check(workers, most)

    def teams(self, workers: int) -> np.ndarray:
        self.check(workers)
        tasks = workers if self.tasks is None else self.tasks
        return np.arange(tasks)[:, None] * workers // tasks

    def worst(self, workers: int, byzantine: int, need: int) -> Worst:
        """q floor(f / K) + min(q, f mod K) for need = 1: those who hold most; 0 for need > 1."""
        holders = self.teams(workers)[:, 0]
        most_first = np.argsort(-np.bincount(holders), kind="stable")
        liars = np.sort(most_first[:byzantine])
        won = np.flatnonzero(np.isin(holders, liars) & (need <= 1))
        return Worst(len(won), len(won), tuple(liars.tolist()), won)

    def undetected(self, workers: int, byzantine: int) -> Worst:
        """As many: nothing is compared, so nobody is convicted."""
        return self.worst(workers, byzantine, need=1)
