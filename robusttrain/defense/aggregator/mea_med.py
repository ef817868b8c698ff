"""Mean around the median."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from robusttrain.defense.aggregator.base import CoordinateRule
from robusttrain.ops.sorting import sorted_mean


@dataclass(frozen=True)
class MeaMed(CoordinateRule):
    """Per coordinate, the mean of the n-f values that are nearest to the median.

    f >= 0, n >= 2f+1; the median of an even number is the midpoint, and of two values equally
    near the lower counts. While at most f are bad, no farther from the honest range than the
    range is wide: all that is averaged is as near to the median as some honest value. One
    pass, one block in memory. Source: Xie, Koyejo and Gupta (2018).
    """

    f: int | None

    source: ClassVar[str] = "Xie, Koyejo and Gupta (2018)"
    precondition: ClassVar[str] = "n >= 2f+1"
    breakdown: ClassVar[str] = "f"
    averages: ClassVar[bool] = True
    spreads: ClassVar[bool] = True

    def reduce(self, block: Tensor) -> Tensor:
        n = len(block)
        return sorted_mean(block, (n - 1) // 2, n // 2 + 1, n - self.bad)
