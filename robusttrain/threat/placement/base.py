"""Which workers are Byzantine at each step."""

from abc import ABC, abstractmethod

import numpy as np

from robusttrain.types import Plan


class Placement(ABC):
    """Ground truth: only the attack and the scorer may ask."""

    @abstractmethod
    def choose(self, step: int, start: Plan, byzantine: int, seed: int) -> np.ndarray:
        """The `byzantine` distinct workers that lie at `step`, ascending.

        start: the plan of the first step, with all K workers in it.
        """
