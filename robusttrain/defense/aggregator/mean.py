"""Arithmetic mean."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from robusttrain.defense.aggregator.base import CoordinateRule


@dataclass(frozen=True)
class Mean(CoordinateRule):
    """(1/n) sum_i v_i.

    Precondition: n >= 1.
    Breakdown: 0; one vector moves it anywhere.
    Passes: 1; one block in memory.
    NaN, Inf: such a value is left out of its coordinate and counted as bad there.
    Source: none; the arithmetic mean.

    >>> Mean()(torch.tensor([[0.0], [1.0], [5.0], [float("nan")]])).tolist()
    [2.0]
    """

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
