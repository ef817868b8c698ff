"""Placement: which workers are Byzantine at each step."""

from abc import ABC, abstractmethod

import numpy as np

from robusttrain.types import Plan


class Placement(ABC):
    """Chooses the Byzantine workers. Ground truth: for Byzantine ranks and the scorer only."""

    @abstractmethod
    def choose(self, step: int, start: Plan, byzantine: int, seed: int) -> np.ndarray:
        """[byzantine] int64: the distinct Byzantine workers of `step`, ascending.

        step: from 0.
        start: the plan of step 0, with all K workers in it.
        byzantine: how many, 0..K.
        seed: of the run; names the random streams.
        """
