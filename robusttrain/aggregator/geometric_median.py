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

    nu = `smoothing` > 0 times the median distance to the mean bounds the weights; at most
    `iterations` >= 1 steps, until no weight moves by more than `tolerance` >= 0. Bounded while
    fewer than half of the vectors are bad. Source: Weiszfeld (1937); Chen, Su and Xu (2017).
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
        weights = torch.full_like(norms, 1.0 / n)

        def distances(weights: Tensor) -> Tensor:
            pull = gram @ weights
            return (norms - 2 * pull + weights @ pull).clamp(min=0).sqrt()

        spread = distances(weights).median()
        if spread == 0:
            return weights
        for _ in range(self.iterations):
            inverse = 1.0 / distances(weights).clamp(min=self.smoothing * spread)
            previous, weights = weights, inverse / inverse.sum()
            if (weights - previous).abs().max() <= self.tolerance:
                break
        return weights
