"""Other Byzantine workers at every step."""

from dataclasses import dataclass

import numpy as np

from robusttrain.rng import stream
from robusttrain.threat.placement.base import Placement
from robusttrain.types import Plan


@dataclass(frozen=True)
class Random(Placement):
    """A new uniform draw at every step."""

    def choose(self, step: int, start: Plan, byzantine: int, seed: int) -> np.ndarray:
        return np.sort(
            stream(seed, "who", step).choice(start.workers, size=byzantine, replace=False)
        )
