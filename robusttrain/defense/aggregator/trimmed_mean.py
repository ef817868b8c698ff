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

    f: int >= 0. Bad values assumed per coordinate.
    Precondition: n >= 2f+1.
    Breakdown: f; within the range of the honest values while at most f are bad.
    Passes: 1; one block in memory.
    NaN, Inf: such a value is left out of its coordinate and counted as bad there.
    Source: Yin, Chen, Kannan and Bartlett (2018).

    >>> import torch
    >>> TrimmedMean(f=1)(torch.tensor([[0.0], [1.0], [3.0], [900.0]])).tolist()
    [2.0]
    """

    f: int | None

    source: ClassVar[str] = "Yin, Chen, Kannan and Bartlett (2018)"
    precondition: ClassVar[str] = "n >= 2f+1"
    breakdown: ClassVar[str] = "f"
    averages: ClassVar[bool] = True
    spreads: ClassVar[bool] = True

    def reduce(self, block: Tensor) -> Tensor:
        return sorted_mean(block, self.bad, len(block) - self.bad)
