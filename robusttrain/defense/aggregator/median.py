"""Coordinate-wise median."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from robusttrain.defense.aggregator.base import CoordinateRule
from robusttrain.ops.sorting import sorted_mean


@dataclass(frozen=True)
class Median(CoordinateRule):
    """The middle value of each coordinate; the midpoint of the two middle ones for even n.

    Precondition: n >= 1.
    Breakdown: (n-1)/2; within the range of the honest values while fewer than half are bad.
    Passes: 1; one block in memory.
    NaN, Inf: such a value is left out of its coordinate and counted as bad there.
    Source: Yin, Chen, Kannan and Bartlett (2018).

    >>> import torch
    >>> Median()(torch.tensor([[0.0, 5.0], [1.0, 7.0], [900.0, float("nan")]])).tolist()
    [1.0, 6.0]
    """

    source: ClassVar[str] = "Yin, Chen, Kannan and Bartlett (2018)"
    breakdown: ClassVar[str] = "(n-1)/2"
    instead: ClassVar[str] = "mean"
    spreads: ClassVar[bool] = True

    def tolerates(self, n: int) -> int:
        return (n - 1) // 2

    def reduce(self, block: Tensor) -> Tensor:
        n = len(block)
        return sorted_mean(block, (n - 1) // 2, n // 2 + 1)
