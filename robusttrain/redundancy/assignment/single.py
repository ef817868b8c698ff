"""No redundancy: every worker has one task of its own."""

from dataclasses import dataclass, field

import numpy as np

from robusttrain.combinatorics.worst_case import Worst
from robusttrain.redundancy.assignment.base import Assignment


@dataclass(frozen=True)
class Single(Assignment):
    """f = K tasks, task i held by worker i: the usual data-parallel set-up, nothing to compare.

    replication: r = 1, not to be chosen.
    """

    replication: int = field(default=1, init=False)

    def __post_init__(self) -> None:
        """One copy is what this scheme is for."""

    def obstacle(self, workers: int) -> str | None:
        return "there must be a worker" if workers < 1 else None

    def teams(self, workers: int) -> np.ndarray:
        self.check(workers)
        return np.arange(workers)[:, None]

    def worst(self, workers: int, byzantine: int, need: int) -> Worst:
        """Every liar has its task: q for need = 1, and no task has more holders."""
        won = byzantine if need <= 1 else 0
        return Worst(won, won, tuple(range(byzantine)), np.arange(won))

    def undetected(self, workers: int, byzantine: int) -> Worst:
        """q: nothing is compared, so nobody is convicted."""
        return self.worst(workers, byzantine, need=1)
