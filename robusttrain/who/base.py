"""Which workers are Byzantine at each step."""

from abc import ABC, abstractmethod

import numpy as np


class Who(ABC):
    """Ground truth: only the attack and the scorer may ask."""

    @abstractmethod
    def choose(self, step: int, workers: int, byzantine: int, seed: int) -> np.ndarray:
        """The `byzantine` distinct workers that lie at `step`, ascending."""
