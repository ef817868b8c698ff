"""Divide and conquer: the mean without the vectors farthest out along the main direction."""

from dataclasses import dataclass
from math import ceil
from typing import ClassVar

import torch
from torch import Tensor

from robusttrain.defense.aggregator.base import GramRule
from robusttrain.ops.gram import along_top, mean_of


@dataclass(frozen=True)
class Dnc(GramRule):
    """The mean without the c f vectors that deviate most along the main direction of all.

        s_i = <v_i - mean, u>^2,   u the top right singular vector of the centred vectors;

    the ceil(c f) largest s are dropped, the first of equals staying. Published with random
    subsets of 10000 coordinates, over whose draws the kept sets are intersected, to save time:
    here u is that of all coordinates, exact and without a draw, since the Gram matrix gives it
    for free.

    f: int >= 0. Bad vectors assumed.
    c: float >= 0. How many are dropped for each of them.
    Precondition: n >= 2f+1 and ceil(c f) < n.
    Breakdown: f of one direction and size; 1 otherwise. Of liars in several directions, or of
        very different sizes, the largest sets u and the mean, and the next ones pass. Liars close
        to the mean are kept.
    Passes: 2; the blocks are kept.
    NaN, Inf: a row that holds one is left out and counted as bad.
    Source: Shejwalkar and Houmansadr (2021).

    >>> Dnc(f=1)(torch.tensor([[0.0, 1.0], [1.0, 0.0], [900.0, 900.0]])).tolist()
    [0.5, 0.5]
    """

    f: int | None
    c: float = 1.0

    source: ClassVar[str] = "Shejwalkar and Houmansadr (2021)"
    precondition: ClassVar[str] = "n >= 2f+1, c >= 0, c f <= n-1"
    breakdown: ClassVar[str] = "f of one direction and size; 1 of several"
    averages: ClassVar[bool] = True

    def check(self, n: int) -> None:
        super().check(n)
        if self.c < 0 or self.dropped >= n:
            raise self.refusal(n)

    @property
    def dropped(self) -> int:
        return ceil(self.c * self.bad)

    def tolerates(self, n: int) -> int:
        return min(1, self.dropped)

    def weights(self, gram: Tensor) -> Tensor:
        n = len(gram)
        _, squares = along_top(gram, torch.full((n,), 1.0 / n, dtype=torch.float64))
        return mean_of(squares.argsort(stable=True)[: n - self.dropped], n)
