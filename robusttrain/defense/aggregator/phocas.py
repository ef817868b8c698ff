"""Mean around the trimmed mean."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from robusttrain.defense.aggregator.base import CoordinateRule
from robusttrain.ops.sorting import sorted_mean


@dataclass(frozen=True)
class Phocas(CoordinateRule):
    """Per coordinate, the mean of the n-f values that are nearest to the f-trimmed mean.

    f >= 0, n >= 2f+1; of two values equally near the lower counts. While at most f are bad, no
    farther from the honest range than the range is wide. One pass, one block in memory.
    Source: Xie, Koyejo and Gupta, Phocas (2018).
    """

    f: int | None

    source: ClassVar[str] = "Xie, Koyejo and Gupta, Phocas (2018)"
    precondition: ClassVar[str] = "n >= 2f+1"
    breakdown: ClassVar[str] = "f"
    averages: ClassVar[bool] = True
    spreads: ClassVar[bool] = True

    def reduce(self, block: Tensor) -> Tensor:
        n = len(block)
        return sorted_mean(block, self.bad, n - self.bad, n - self.bad)
