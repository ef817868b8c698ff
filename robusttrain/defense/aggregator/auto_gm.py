"""AutoGM: a geometric median that weighs the vectors itself."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from robusttrain.defense.aggregator.base import GramRule
from robusttrain.defense.aggregator.geometric_median import tightest_majority, weiszfeld
from robusttrain.ops.gram import reach
from robusttrain.values import check_whole


@dataclass(frozen=True)
class AutoGm(GramRule):
    """argmin over z and a in the simplex of sum_i a_i ||z - v_i|| + (lamb/2) ||a||^2.

    In turns until z rests: z by Weiszfeld's iteration for the weights a, then

        a_i = max(0, eta - ||z - v_i||) / lamb,   eta such that sum_i a_i = 1.

    It starts from the geometric median, so the objective never exceeds that of equal weights
    there.

    lamb: float > 0, in the units of the vectors. Large: the geometric median; small: the few
        vectors nearest to it. Published: 2.
    iterations: int >= 1. Most rounds. Published: 100.
    Precondition: n >= 1.
    Breakdown: (n-1)/2; bounded while fewer than half of the vectors are bad.
    Passes: 2; the blocks are kept.
    NaN, Inf: a row that holds one is left out and counted as bad.
    Source: Li, Ngai and Voigt (2021).

    >>> vectors = torch.tensor([[0.0], [1.0], [2.0], [900.0]])
    >>> round(AutoGm(lamb=2.0)(vectors).item(), 3)
    1.0
    """

    lamb: float = 2.0
    iterations: int = 100

    source: ClassVar[str] = "Li, Ngai and Voigt (2021)"
    breakdown: ClassVar[str] = "(n-1)/2"
    instead: ClassVar[str] = "geometric_median"
    scales: ClassVar[bool] = False

    def __post_init__(self) -> None:
        check_whole("aggregator.iterations", self.iterations, 1, use=100)
        if not self.lamb > 0:
            raise ValueError(f"auto_gm needs lamb > 0; got {self.lamb}; use 2")

    def tolerates(self, n: int) -> int:
        return (n - 1) // 2

    def weights(self, gram: Tensor) -> Tensor:
        start, scale = tightest_majority(gram)
        mass = torch.ones_like(start) / len(start)
        weights = weiszfeld(gram, mass, start, scale, 1e-6, 1000, 1e-10)
        for _ in range(self.iterations):
            mass = onto_simplex(-reach(gram, weights) / self.lamb)
            moved = weiszfeld(gram, mass, weights, scale, 1e-6, 1000, 1e-10)
            step, weights = moved - weights, moved
            if (step @ gram @ step).clamp(min=0).sqrt() <= 1e-9 * scale:
                break
        return weights


def onto_simplex(point: Tensor) -> Tensor:
    """The nearest a with a_i >= 0 and sum_i a_i = 1: max(0, p_i + eta)."""
    ordered = point.sort(descending=True).values
    ranks = torch.arange(1, len(point) + 1, dtype=point.dtype)
    shifts = (1.0 - (ordered - ordered[0]).cumsum(0)) / ranks
    count = int((ordered - ordered[0] + shifts > 0).sum())
    return (point - ordered[0] + shifts[count - 1]).clamp(min=0.0)
