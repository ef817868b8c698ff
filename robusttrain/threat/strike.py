"""Strikes: a fault of what a worker computes, in one step: on the way, in a module, or after it."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from robusttrain.threat.fault.base import Damage
from robusttrain.threat.phases import Phase


@dataclass(frozen=True, eq=False)
class Strike:
    """What a fault does to one gradient, or sum of gradients.

    fault: Damage. phase: Phase. Of those that are `computed`.
    module: str or None. In a phase `inside` the model: which module's; None: drawn.
    rng: the generator of the fault in this step.
    """

    fault: Damage
    phase: Phase
    module: str | None
    rng: np.random.Generator

    @property
    def lasts(self) -> bool:
        """Whether it strikes each time that something is computed, and each sample by itself."""
        return self.fault.span == "run"

    def damage(self, values: Tensor) -> None:
        """Change contiguous values in place."""
        self.fault.damage(values.view(-1).view(torch.uint8), self.rng)

    def damage_samples(self, values: Tensor) -> None:
        """Change contiguous values [s, ...] of s samples in place.

        A fault that lasts is one of a unit: it strikes the same place of each sample.
        """
        for part in values if self.lasts and values.dim() > 1 else [values]:
            if part.numel():
                self.damage(part)
