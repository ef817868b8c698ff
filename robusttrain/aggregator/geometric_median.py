"""Geometric median."""

from dataclasses import dataclass

import torch
from torch import Tensor

from robusttrain.aggregator.base import GramRule


@dataclass(frozen=True)
class GeometricMedian(GramRule):
    """argmin_z sum_i ||z - v_i||, by Weiszfeld's iteration in n-space.

    With z = sum_i w_i v_i, the distances follow from the Gram matrix G alone,

        ||z - v_i||^2 = G_ii - 2 (G w)_i + w^T G w,    w_i <- 1 / max(nu, ||z - v_i||), normalised.

    The iteration starts from the mean of the tightest majority: the vector from which the
    nearest n//2 others reach least far, and those others. That reach R is the scale, which a
    minority cannot set: nu = `smoothing` R with smoothing > 0, and the end is a move of z by at
    most `tolerance` R with tolerance >= 0, or `iterations` >= 1 steps. Bounded while fewer than
    half of the vectors are bad. Source: Weiszfeld (1937); Chen, Su and Xu (2017).
    """

    smoothing: float = 1e-6
    iterations: int = 1000
    tolerance: float = 1e-10

    def __post_init__(self) -> None:
        if self.smoothing <= 0 or self.iterations < 1 or self.tolerance < 0:
            raise ValueError(
                f"geometric_median needs smoothing > 0, iterations >= 1 and tolerance >= 0; got "
                f"{self.smoothing}, {self.iterations}, {self.tolerance}; use 1e-6, 1000, 1e-10"
            )

    def check(self, n: int) -> None:
        return

    def tolerates(self, n: int) -> int:
        return (n - 1) // 2

    def weights(self, gram: Tensor) -> Tensor:
        n, norms = len(gram), gram.diagonal()
        majority = n // 2 + 1
        apart = (norms[:, None] + norms - 2 * gram).clamp(min=0).sqrt().sort(dim=1)
        reach, centre = apart.values[:, majority - 1].min(dim=0)
        weights = torch.zeros_like(norms)
        weights[apart.indices[centre, :majority]] = 1.0 / majority
        if reach == 0:
            return weights
        for _ in range(self.iterations):
            pull = gram @ weights
            distances = (norms - 2 * pull + weights @ pull).clamp(min=0).sqrt()
            inverse = 1.0 / distances.clamp(min=self.smoothing * reach)
            move = inverse / inverse.sum() - weights
            weights = weights + move
            if (move @ gram @ move).clamp(min=0).sqrt() <= self.tolerance * reach:
                break
        return weights
