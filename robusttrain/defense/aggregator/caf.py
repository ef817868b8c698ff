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

        mu = sum_i c_i v_i / sum_i c_i,   from c = 1,
        c_i <- c_i (1 - t_i / max_j t_j),   t_i = <v_i - mu, u>^2,   the maximum over c_j > 0,

    as long as sum_i c_i > n - 2f; lambda and u are the top eigenvalue and eigenvector of the
    covariance with weights c. Output: the mu of least lambda. Rows that attain the maximum, up to
    rounding, have weight zero from then on, exactly: 1e-16 of a row of 1e38 would be 1e22.
    Eigenvectors are exact, in n-space, where code that is public takes a few power steps.

    f: int >= 0. Bad vectors assumed.
    Precondition: n >= 2f+1.
    Breakdown: f; far liars stand out in lambda and lose their weight first.
    Passes: 2; the blocks are kept.
    NaN, Inf: a row that holds one is left out and counted as bad.
    Source: Allouah, Guerraoui and Stephan (2025); code in ByzFL.

    >>> vectors = torch.tensor([[0.0], [0.0], [2.0], [2.0], [1e30], [3e38]])
    >>> round(Caf(f=2)(vectors).item(), 3)
    1.0
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
