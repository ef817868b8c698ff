"""Coordinate-wise median."""

from dataclasses import dataclass

from torch import Tensor

from robusttrain.aggregator.base import CoordinateRule
from robusttrain.core.sorting import sort_rows


@dataclass(frozen=True)
class Median(CoordinateRule):
    """The middle value of each coordinate; the midpoint of the two middle ones for even n.

    Stays within the range of the honest values while fewer than half are bad.
    Source: Yin, Chen, Kannan and Bartlett (2018).
    """

    def check(self, n: int) -> None:
        return

    def tolerates(self, n: int) -> int:
        return (n - 1) // 2

    def reduce(self, block: Tensor) -> Tensor:
        ordered, half = sort_rows(block), len(block) // 2
        if len(block) % 2:
            return ordered[half].clone()
        return ordered[half - 1].lerp(ordered[half], 0.5)
