"""Arithmetic mean."""

from dataclasses import dataclass

from torch import Tensor

from robusttrain.aggregator.base import CoordinateRule


@dataclass(frozen=True)
class Mean(CoordinateRule):
    """(1/n) sum_i v_i. No robustness: one vector moves it anywhere."""

    def check(self, n: int) -> None:
        return

    def tolerates(self, n: int) -> int:
        return 0

    def reduce(self, block: Tensor) -> Tensor:
        return block.mean(dim=0)
