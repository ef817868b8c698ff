"""Only the tasks that no honest worker holds."""

from dataclasses import dataclass

import numpy as np

from robusttrain.threat.target.base import Target


@dataclass(frozen=True)
class Unopposed(Target):
    """A task is distorted iff all its holders are Byzantine: nobody is there to disagree.

    No comparison of copies can see it, on any assignment; only a recomputation can.
    """

    def tasks(self, teams: np.ndarray, byzantine: np.ndarray) -> np.ndarray:
        return np.asarray(byzantine[teams].all(axis=1))
