"""Majority vote of the signs."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from robusttrain.defense.aggregator.base import CoordinateRule


@dataclass(frozen=True)
class SignMajority(CoordinateRule):
    """sign(sum_i sign(v_i)), coordinate by coordinate: -1, 0 or 1; 0 on a tie.

    Blind to magnitude: every coordinate moves by as much, so the learning rate must be small,
    about 1e-4.

    Precondition: n >= 1.
    Breakdown: (n-1)/2; right in a coordinate while the honest signs that agree are more than half
        of all.
    Passes: 1; one block in memory.
    NaN, Inf: such a value is left out of its coordinate and counted as bad there.
    Source: Bernstein, Zhao, Azizzadenesheli and Anandkumar, signSGD (2019).

    >>> import torch
    >>> SignMajority()(torch.tensor([[0.1, -2.0], [0.2, 5.0], [-900.0, 0.0]])).tolist()
    [1.0, 0.0]
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
