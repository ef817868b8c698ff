"""Targets the tasks whose vote the Byzantine workers win."""

from dataclasses import dataclass

import numpy as np

from robusttrain.threat.target.base import Target


@dataclass(frozen=True)
class Majority(Target):
    """A task is forged iff more than half of its holders are Byzantine (ATT-3 on Aspis)."""

    def tasks(self, teams: np.ndarray, byzantine: np.ndarray) -> np.ndarray:
        return np.asarray(2 * byzantine[teams].sum(axis=1) > teams.shape[1])
