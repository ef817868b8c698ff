"""Means around a centre, coordinate by coordinate; the mean around the median."""

from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from robusttrain.defense.aggregator.base import CoordinateRule
from robusttrain.ops.sorting import sorted_mean


@dataclass(frozen=True)
class MeanAround(CoordinateRule):
    """Per coordinate, the mean of the n-f values that are nearest to a centre.

    f: int >= 0. Bad values assumed per coordinate; n >= 2f+1.
    """

    f: int | None

    precondition: ClassVar[str] = "n >= 2f+1"
    breakdown: ClassVar[str] = "f"
    averages: ClassVar[bool] = True
    spreads: ClassVar[bool] = True

    @abstractmethod
    def middle(self, n: int) -> tuple[int, int]:
        """(lo, hi): the centre is the mean of v_(lo) .. v_(hi-1), v_(0) <= ... <= v_(n-1)."""

    def reduce(self, block: Tensor) -> Tensor:
        return sorted_mean(block, *self.middle(len(block)), len(block) - self.bad)


@dataclass(frozen=True)
class MeaMed(MeanAround):
    """Per coordinate, the mean of the n-f values that are nearest to the median.

    The median of an even number is the midpoint; of two values equally near the lower counts.

    f: int >= 0. Bad values assumed per coordinate.
    Precondition: n >= 2f+1.
    Breakdown: f; no farther from the honest range than the range is wide, since all that is
        averaged is as near to the median as some honest value.
    Passes: 1; one block in memory.
    NaN, Inf: such a value is left out of its coordinate and counted as bad there.
    Source: Xie, Koyejo and Gupta (2018).

    >>> import torch
    >>> MeaMed(f=1)(torch.tensor([[0.0], [1.0], [2.0], [900.0]])).tolist()
    [1.0]
    """

    source: ClassVar[str] = "Xie, Koyejo and Gupta (2018)"

    def middle(self, n: int) -> tuple[int, int]:
        return (n - 1) // 2, n // 2 + 1
