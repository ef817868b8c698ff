"""Only the tasks whose vote is won."""

from dataclasses import dataclass

import numpy as np

from robusttrain.targets.base import Targets


@dataclass(frozen=True)
class Majority(Targets):
    """A task is distorted iff more than half of its holders are Byzantine (ATT-3 on Aspis)."""

    def tasks(self, holders: np.ndarray, byzantine: np.ndarray) -> np.ndarray:
        return 2 * holders[byzantine].sum(axis=0) > holders.sum(axis=0)
