"""Geometric median."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from robusttrain.defense.aggregator.base import GramRule
from robusttrain.ops.gram import mean_of, reach, squared_distances
from robusttrain.values import check_whole


@dataclass(frozen=True)
class GeometricMedian(GramRule):
    """argmin_z sum_i ||z - v_i||, by Weiszfeld's iteration in n-space.

    With z = sum_i w_i v_i, the distances follow from the Gram matrix G alone,

        ||z - v_i||^2 = G_ii - 2 (G w)_i + w^T G w,
        w_i <- 1 / max(nu, ||z - v_i||),   divided by their sum.

    It starts from the mean of the tightest majority: the vector from which the nearest n//2
    others reach least far, and those others. That reach R is the scale, which a minority cannot
    set.

    smoothing: float > 0. nu = smoothing R.
    iterations: int >= 1. Most steps.
    tolerance: float >= 0. It ends where z moves by at most tolerance R.
    Precondition: n >= 1.
    Breakdown: (n-1)/2; with h > n/2 of n honest, within 2h/(2h-n) times the largest honest
        distance of any honest point.
    Passes: 2, whatever the iterations; the blocks are kept.
    NaN, Inf: a row that holds one is left out and counted as bad.
    Source: Weiszfeld (1937); Chen, Su and Xu (2017).

    >>> vectors = torch.tensor([[0.0], [1.0], [2.0], [3.0], [900.0]])
    >>> round(GeometricMedian()(vectors).item(), 3)
    2.0
    """

    smoothing: float = 1e-6
    iterations: int = 1000
    tolerance: float = 1e-10

    source: ClassVar[str] = "Weiszfeld (1937); Chen, Su and Xu (2017)"
    breakdown: ClassVar[str] = "(n-1)/2"

    def __post_init__(self) -> None:
        check_whole("aggregator.iterations", self.iterations, 1, use=1000)
        if self.smoothing <= 0 or self.tolerance < 0:
            raise ValueError(
                f"geometric_median needs smoothing > 0 and tolerance >= 0; got "
                f"{self.smoothing}, {self.tolerance}; use 1e-6, 1e-10"
            )

    def tolerates(self, n: int) -> int:
        return (n - 1) // 2

    def weights(self, gram: Tensor) -> Tensor:
        start, scale = tightest_majority(gram)
        mass = torch.ones_like(start)
        return weiszfeld(gram, mass, start, scale, self.smoothing, self.iterations, self.tolerance)


def tightest_majority(gram: Tensor) -> tuple[Tensor, float]:
    """The mean of the tightest majority as weights [n], and how far it reaches from its centre."""
    majority = len(gram) // 2 + 1
    apart = squared_distances(gram).sqrt().sort(dim=1, stable=True)
    scale, centre = apart.values[:, majority - 1].min(dim=0)
    return mean_of(apart.indices[centre, :majority], len(gram)), float(scale)


def weiszfeld(
    gram: Tensor,
    mass: Tensor,
    start: Tensor,
    scale: float,
    smoothing: float,
    iterations: int,
    tolerance: float,
) -> Tensor:
    """The weights of argmin_z sum_i m_i ||z - v_i||, from `start`; lengths in units of `scale`."""
    weights = start
    if scale == 0:
        return weights
    for _ in range(iterations):
        inverse = mass / reach(gram, weights).clamp(min=smoothing * scale)
        move = inverse / inverse.sum() - weights
        weights = weights + move
        if (move @ gram @ move).clamp(min=0).sqrt() <= tolerance * scale:
            break
    return weights
