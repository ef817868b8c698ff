"""Majority vote of the signs."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from robusttrain.defense.aggregator.base import CoordinateRule


@dataclass(frozen=True)
class SignMajority(CoordinateRule):
    """sign(sum_i sign(v_i)), coordinate by coordinate: -1, 0 or 1; 0 on a tie.

    n >= 1. Blind to magnitude: every coordinate moves by as much, so the learning rate must be
    small (about 1e-4). Right in a coordinate while the honest signs that agree are more than
    half of all. One pass, one block in memory. Source: Bernstein et al., signSGD (2019).
    """

    source: ClassVar[str] = "Bernstein, Zhao, Azizzadenesheli and Anandkumar, signSGD (2019)"
    breakdown: ClassVar[str] = "(n-1)/2"
    repeats: ClassVar[bool] = False
    translates: ClassVar[bool] = False
    scales: ClassVar[bool] = False

    def tolerates(self, n: int) -> int:
        return (n - 1) // 2

    def reduce(self, block: Tensor) -> Tensor:
        return block.sign().sum(dim=0).sign()
