"""Krum."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from robusttrain.defense.aggregator.base import GramRule
from robusttrain.ops.gram import mean_of, squared_distances


@dataclass(frozen=True)
class Krum(GramRule):
    """The vector that is closest to its n-f-2 nearest others.

        output = v_k,   k = argmin_i sum_{j in N_i} ||v_i - v_j||^2,

    N_i the n-f-2 nearest others; the lowest i on a tie.

    f: int >= 0. Bad vectors assumed.
    Precondition: n >= 2f+3.
    Breakdown: f; far liars are never chosen. Under large honest noise identical liars near the
        mean win: see the paper's condition on noise.
    Passes: 2; the blocks are kept.
    NaN, Inf: a row that holds one is left out and counted as bad.
    Source: Blanchard, El Mhamdi, Guerraoui and Stainer (2017).

    >>> Krum(f=1)(torch.tensor([[0.0], [1.0], [2.0], [4.0], [900.0]])).tolist()
    [1.0]
    """

    f: int | None

    source: ClassVar[str] = "Blanchard, El Mhamdi, Guerraoui and Stainer (2017)"
    precondition: ClassVar[str] = "n >= 2f+3"
    breakdown: ClassVar[str] = "f"

    def least(self) -> int:
        return 2 * self.bad + 3

    def weights(self, gram: Tensor) -> Tensor:
        scores = krum_scores(squared_distances(gram), len(gram) - self.bad - 2)
        return mean_of([int(scores.argmin())], len(gram))


def krum_scores(distances: Tensor, neighbours: int) -> Tensor:
    """[n]: the sum of each row's `neighbours` smallest squared distances to others."""
    others = distances.clone().fill_diagonal_(torch.inf)
    return others.sort(dim=1).values[:, :neighbours].sum(dim=1)
