"""The same Byzantine workers at every step: those listed, or one draw."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from robusttrain.rng import stream
from robusttrain.threat.placement.base import Placement
from robusttrain.types import Plan


@dataclass(frozen=True)
class Fixed(Placement):
    """The Byzantine workers are `workers` at every step.

    workers: their indices, distinct; None: one uniform draw from the seed of the run.
    ValueError: not `byzantine` distinct workers in 0..K-1.
    """

    workers: Sequence[int] | None

    def choose(self, step: int, start: Plan, byzantine: int, seed: int) -> np.ndarray:
        if self.workers is None:
            drawn = stream(seed, "who").choice(start.workers, size=byzantine, replace=False)
            return np.sort(drawn)
        chosen = sorted({int(w) for w in self.workers})
        if len(chosen) != byzantine or not all(0 <= w < start.workers for w in chosen):
            raise ValueError(
                f"placement.workers={list(self.workers)} must be threat.byzantine={byzantine} "
                f"distinct workers between 0 and {start.workers - 1}; list that many, or set "
                "it to null"
            )
        return np.array(chosen, dtype=np.int64)
