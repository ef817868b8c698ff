"""Mean around the trimmed mean."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from robusttrain.aggregator.base import CoordinateRule
from robusttrain.core.sorting import mean_of_rows, nearest_mean, ranked


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

    def reduce(self, block: Tensor) -> Tensor:
        rows = ranked(block, 0, len(block))
        centre = mean_of_rows(rows[self.bad : len(rows) - self.bad])
        return nearest_mean(rows, centre, len(rows) - self.bad)
