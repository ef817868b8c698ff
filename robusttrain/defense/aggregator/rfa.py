"""RFA: a few smoothed Weiszfeld steps from the origin."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from robusttrain.defense.aggregator.base import GramRule
from robusttrain.ops.gram import reach
from robusttrain.values import check_whole


@dataclass(frozen=True)
class Rfa(GramRule):
    """The published preset of robust federated averaging: a geometric median cut short.

        z <- sum_i b_i v_i / sum_i b_i,   b_i = 1 / max(smoothing, ||z - v_i||),   from z = 0.

    Three steps from the origin end far from the geometric median; geometric_median converges.

    iterations: int >= 1. Steps; published: 3.
    smoothing: float > 0, an absolute length; published: 1e-6.
    Precondition: n >= 1.
    Breakdown: (n-1)/2; after one step within n/(n-f) times the largest honest norm.
    Passes: 2; the blocks are kept.
    NaN, Inf: a row that holds one is left out and counted as bad.
    Source: Pillutla, Kakade and Harchaoui (2022).

    >>> round(Rfa(iterations=1)(torch.tensor([[1.0], [1.0], [1.0], [-900.0]])).item(), 3)
    0.666
    """

    iterations: int = 3
    smoothing: float = 1e-6

    source: ClassVar[str] = "Pillutla, Kakade and Harchaoui, RFA (2022)"
    breakdown: ClassVar[str] = "(n-1)/2"
    instead: ClassVar[str] = "geometric_median"
    anchors: ClassVar[tuple[str, ...]] = ("origin",)
    translates: ClassVar[bool] = False
    scales: ClassVar[bool] = False  # only while all distances exceed the smoothing

    def __post_init__(self) -> None:
        check_whole("aggregator.iterations", self.iterations, 1, use=3)
        if self.smoothing <= 0:
            raise ValueError(f"rfa needs smoothing > 0; got {self.smoothing}; use 1e-6")

    def tolerates(self, n: int) -> int:
        return (n - 1) // 2

    def weights(self, gram: Tensor) -> Tensor:
        weights = torch.zeros(len(gram), dtype=torch.float64)
        weights[-1] = 1.0
        for _ in range(self.iterations):
            inverse = 1.0 / reach(gram, weights).clamp(min=self.smoothing)
            inverse[-1] = 0.0
            weights = inverse / inverse.sum()
        return weights
