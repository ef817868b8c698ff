"""Targets the tasks that no honest worker holds."""

from dataclasses import dataclass

import numpy as np

from robusttrain.threat.target.base import Target


@dataclass(frozen=True)
class Unopposed(Target):
    """A task is forged iff all its holders are Byzantine, so that no copy differs.

    No comparison of copies can detect it, on any assignment; a recomputation can.
    """

    def tasks(self, teams: np.ndarray, byzantine: np.ndarray) -> np.ndarray:
        return np.asarray(byzantine[teams].all(axis=1))
