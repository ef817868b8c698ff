"""Other Byzantine workers every so many steps."""

from dataclasses import dataclass

import numpy as np

from robusttrain.rng import stream
from robusttrain.threat.placement.base import Placement
from robusttrain.types import Plan
from robusttrain.values import check_whole


@dataclass(frozen=True)
class Window(Placement):
    """A new uniform draw every `length` steps.

    length: >= 1 steps (ValueError).
    """

    length: int

    def __post_init__(self) -> None:
        check_whole("placement.length", self.length, 1, use=50)

    def choose(self, step: int, start: Plan, byzantine: int, seed: int) -> np.ndarray:
        rng = stream(seed, "who", step // self.length)
        return np.sort(rng.choice(start.workers, size=byzantine, replace=False))
