"""Sends the same number in every coordinate."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from robusttrain.threat.attack.base import Attack
from robusttrain.threat.knowledge import Knowledge


@dataclass(frozen=True)
class Constant(Attack):
    """row = value * (1, ..., 1).

    value: any number, NaN and infinities too; published: -100.
    ValueError: value is not a number.
    """

    value: float
    source: ClassVar[str] = "Konstantinidis and Ramamoorthy, Aspis (2021)"

    def __post_init__(self) -> None:
        if isinstance(self.value, bool) or not isinstance(self.value, int | float):
            raise ValueError(f"attack.value={self.value} must be a number; use -100")

    def forge(self, knowledge: Knowledge) -> Tensor:
        return torch.full_like(knowledge.honest, self.value)
