"""Sends finite numbers so large that sums of them overflow, against the gradient."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from robusttrain.threat.attack.base import Attack
from robusttrain.threat.knowledge import Knowledge

FLOAT32 = 3.4028234e38


@dataclass(frozen=True)
class Huge(Attack):
    """row = -value where gradient >= 0, else +value, so large that sums and squares overflow.

    value: 0 < value <= 3.4028234e38, the largest float32 (ValueError). All coordinates are
        finite, so a check for NaN and Inf lets the row pass.
    """

    value: float
    source: ClassVar[str] = "none: the finite twin of `infs`"

    def __post_init__(self) -> None:
        if not 0 < self.value <= FLOAT32:
            raise ValueError(f"attack.value={self.value} must be > 0 and <= {FLOAT32}; use 3e38")

    def forge(self, knowledge: Knowledge) -> Tensor:
        return torch.full_like(knowledge.honest, self.value).where(
            knowledge.honest < 0, -self.value
        )
