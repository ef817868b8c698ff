"""Arithmetic mean."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from robusttrain.defense.aggregator.base import CoordinateRule


@dataclass(frozen=True)
class Mean(CoordinateRule):
    """(1/n) sum_i v_i. No robustness: one vector moves it anywhere. n >= 1; one pass."""

    source: ClassVar[str] = "-"
    breakdown: ClassVar[str] = "0"
    averages: ClassVar[bool] = True
    spreads: ClassVar[bool] = True

    def tolerates(self, n: int) -> int:
        return 0

    def reduce(self, block: Tensor) -> Tensor:
        return block.mean(dim=0)

    def shares(self, n: int) -> Tensor:
        return torch.full((n,), 1.0 / n, dtype=torch.float64)
