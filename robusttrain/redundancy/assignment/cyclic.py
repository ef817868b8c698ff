"""Cyclic repetition: every worker holds a window of consecutive tasks."""

from dataclasses import dataclass

import numpy as np

from robusttrain.redundancy.assignment.base import Assignment


@dataclass(frozen=True)
class Cyclic(Assignment):
    """f = K tasks; worker j holds the tasks j..j+r-1 modulo K.

    Two workers at cyclic distance d share max(0, r - d) tasks.
    replication: r >= 2 with 2r <= K + 1; for even r a vote can tie, and the task is dropped.
    Source: Das, Tang and Ramamoorthy, C3LES (2018).

    >>> Cyclic(2).teams(4).tolist()
    [[0, 3], [0, 1], [1, 2], [2, 3]]
    """

    replication: int

    def obstacle(self, workers: int) -> str | None:
        least = 2 * self.replication - 1
        if workers < least:
            return f"two windows would meet at both ends unless workers >= {least}"
        return None

    def teams(self, workers: int) -> np.ndarray:
        self.check(workers)
        window = np.arange(workers)[:, None] - np.arange(self.replication)
        return np.sort(window % workers, axis=1)
