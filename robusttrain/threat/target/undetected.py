"""Targets the most tasks that `cover` convicts nobody for: optimal on any assignment."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from robusttrain.combinatorics.effort import RUN
from robusttrain.combinatorics.undetected import Lies
from robusttrain.threat.target.base import Target


@dataclass(frozen=True)
class Undetected(Target):
    """A task is forged iff it is in the largest set found that is won without a conviction.

    "Won": the forged row is pulled although the detector `cover` judges. On the assignment
    `subset` that set is the one of `disagreement`; elsewhere it is searched for.
    """

    def tasks(self, teams: np.ndarray, byzantine: np.ndarray) -> np.ndarray:
        busy = np.bincount(teams.ravel(), minlength=len(byzantine)) > 0
        liars = tuple(np.flatnonzero(byzantine & busy).tolist())
        forged = np.zeros(len(teams), dtype=bool)
        forged[list(_undetected(teams.astype(np.int64).tobytes(), teams.shape, liars))] = True
        return forged


@lru_cache(maxsize=64)
def _undetected(data: bytes, shape: tuple[int, int], liars: tuple[int, ...]) -> tuple[int, ...]:
    lies = Lies(np.frombuffer(data, dtype=np.int64).reshape(shape), liars)
    lies.solve(0, RUN)
    return tuple(lies.best)
