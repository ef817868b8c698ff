"""Targets every task: the weak attack under `cover`, which convicts for it."""

from dataclasses import dataclass

import numpy as np

from robusttrain.threat.target.base import Target


@dataclass(frozen=True)
class All(Target):
    """Each Byzantine worker forges all tasks that it holds (ATT-1, the weak attack on Aspis)."""

    def tasks(self, teams: np.ndarray, byzantine: np.ndarray) -> np.ndarray:
        return np.ones(len(teams), dtype=bool)
