"""Coordinate-wise trimmed mean."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from robusttrain.defense.aggregator.base import CoordinateRule
from robusttrain.ops.sorting import sorted_mean


@dataclass(frozen=True)
class TrimmedMean(CoordinateRule):
    """The mean of each coordinate without its f largest and f smallest values.

        output_j = 1/(n-2f) sum_{i=f+1}^{n-f} v_(i)j,   v_(1)j <= ... <= v_(n)j.

    f >= 0, n >= 2f+1. Within the range of the honest values while at most f are bad. One pass,
    one block in memory. Source: Yin, Chen, Kannan and Bartlett (2018).
    """

    f: int | None

    source: ClassVar[str] = "Yin, Chen, Kannan and Bartlett (2018)"
    precondition: ClassVar[str] = "n >= 2f+1"
    breakdown: ClassVar[str] = "f"
    averages: ClassVar[bool] = True
    spreads: ClassVar[bool] = True

    def reduce(self, block: Tensor) -> Tensor:
        return sorted_mean(block, self.bad, len(block) - self.bad)
