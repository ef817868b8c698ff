"""Coordinate-wise trimmed mean."""

from dataclasses import dataclass

from torch import Tensor

from robusttrain.aggregator.base import CoordinateRule
from robusttrain.core.sorting import sort_rows


@dataclass(frozen=True)
class TrimmedMean(CoordinateRule):
    """The mean of each coordinate without its f largest and f smallest values; n > 2f, f >= 0.

    Source: Yin, Chen, Kannan and Bartlett (2018).
    """

    f: int

    def check(self, n: int) -> None:
        if not 0 <= 2 * self.f < n:
            raise ValueError(
                f"trimmed_mean needs n >= 2f+1; got n={n}, f={self.f}; lower aggregator.f, "
                "use more buckets or tasks, or use median"
            )

    def tolerates(self, n: int) -> int:
        return self.f

    def reduce(self, block: Tensor) -> Tensor:
        return sort_rows(block)[self.f : len(block) - self.f].mean(dim=0)
