"""Targets: which of their tasks the Byzantine workers forge."""

from abc import ABC, abstractmethod

import numpy as np


class Target(ABC):
    """Chooses the tasks to forge. All Byzantine holders of a task forge it, or none does."""

    @abstractmethod
    def tasks(self, teams: np.ndarray, byzantine: np.ndarray) -> np.ndarray:
        """[f] bool: the tasks to forge.

        teams: [f, r] int64. The holders of each task.
        byzantine: [K] bool. The Byzantine workers.
        """
