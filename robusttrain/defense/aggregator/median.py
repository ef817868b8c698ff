"""Coordinate-wise median."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from robusttrain.defense.aggregator.base import CoordinateRule
from robusttrain.ops.sorting import sorted_mean


@dataclass(frozen=True)
class Median(CoordinateRule):
    """The middle value of each coordinate; the midpoint of the two middle ones for even n.

    Stays within the range of the honest values while fewer than half are bad; n >= 1. One
    pass, one block in memory. Source: Yin, Chen, Kannan and Bartlett (2018).
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
