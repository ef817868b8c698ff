"""No redundancy: every worker has one task of its own."""

from dataclasses import dataclass

import numpy as np

from robusttrain.assignment.base import Assignment


@dataclass(frozen=True)
class Single(Assignment):
    """f = K tasks, one holder each: the usual data-parallel set-up, nothing to compare."""

    def holders(self, workers: int) -> np.ndarray:
        return np.eye(workers, dtype=bool)

    def forgeable(self, workers: int, byzantine: int, compared: bool) -> int:
        return byzantine
