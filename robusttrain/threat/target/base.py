"""Which of the tasks that they hold the Byzantine workers distort."""

from abc import ABC, abstractmethod

import numpy as np


class Target(ABC):
    """Colluders agree on the tasks: either all Byzantine holders of a task lie, or none does."""

    @abstractmethod
    def tasks(self, teams: np.ndarray, byzantine: np.ndarray) -> np.ndarray:
        """[f] bool: the distorted tasks, from teams [f, r] int and byzantine [K] bool."""
