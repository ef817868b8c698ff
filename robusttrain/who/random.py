"""Other workers at every step."""

from dataclasses import dataclass

import numpy as np

from robusttrain.core.rng import stream
from robusttrain.who.base import Who


@dataclass(frozen=True)
class Random(Who):
    """A fresh uniform draw at every step."""

    def choose(self, step: int, workers: int, byzantine: int, seed: int) -> np.ndarray:
        return np.sort(stream(seed, "who", step).choice(workers, size=byzantine, replace=False))
