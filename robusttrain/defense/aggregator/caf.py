"""Covariance-bound agnostic filtering."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from robusttrain.defense.aggregator.base import GramRule
from robusttrain.ops.gram import along_top

TIED = 1e-12  # a deviation so near to the largest is equal to it but for rounding


@dataclass(frozen=True)
class Caf(GramRule):
    """The weighted mean with the least variance while outliers lose weight.

    From c = 1: mu = sum_i c_i v_i / sum_i c_i, lambda and u the top eigenvalue and eigenvector
    of the covariance with weights c; then c_i <- c_i (1 - t_i / max t), t_i = <v_i - mu, u>^2,
    the maximum over c_i > 0, as long as sum_i c_i > n - 2f. Output: the mu of least lambda.

    f >= 0, n >= 2f+1. Far liars stand out in lambda and lose their weight first. Two passes,
    eigenvectors in n-space: exact, where code that is public takes a few power steps; the
    blocks are kept. Source: Allouah, Guerraoui and Stephan (2025); code in ByzFL.
    """

    f: int | None

    source: ClassVar[str] = "Allouah, Guerraoui and Stephan, CAF (2025)"
    precondition: ClassVar[str] = "n >= 2f+1"
    breakdown: ClassVar[str] = "f"
    averages: ClassVar[bool] = True

    def weights(self, gram: Tensor) -> Tensor:
        n = len(gram)
        mass = torch.ones(n, dtype=torch.float64)
        best, least = mass / n, torch.inf
        while True:
            share = mass / mass.sum()
            top, squares = along_top(gram, share)
            if top < least:
                best, least = share, top
            worst = float(squares[mass > 0].max())
            if top == 0 or worst == 0:
                return best
            left = 1.0 - squares / worst
            mass = torch.where(left > TIED, mass * left, 0.0)
            if mass.sum() <= n - 2 * self.bad or mass.sum() == 0:
                return best
