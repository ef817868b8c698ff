"""Bulyan: a selection by Krum, then a trimmed mean of it."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from robusttrain.defense.aggregator.base import SelectionRule
from robusttrain.defense.aggregator.krum import krum_scores
from robusttrain.ops.gram import squared_distances
from robusttrain.ops.sorting import sorted_mean


@dataclass(frozen=True)
class Bulyan(SelectionRule):
    """Krum over and over, then per coordinate the values nearest the median.

    1. n-2f times: Krum's choice among the k vectors that are left, by its max(1, k-f-2) nearest
       others there, is moved to the selection. Of equals, as nearest neighbours of each other are
       in the end, that with the least sum to all there.
    2. Per coordinate: the mean of the n-4f selected values that are nearest to their median.

    The selection is the iterated one of the paper, not the n-2f best of one round of Krum, which
    most code uses.

    f: int >= 0. Bad vectors assumed.
    Precondition: n >= 4f+3.
    Breakdown: f; within the range of the selected honest values in every coordinate, so that a
        liar close in norm cannot move one coordinate far.
    Passes: 2; the blocks are kept.
    NaN, Inf: a row that holds one is left out and counted as bad.
    Source: El Mhamdi, Guerraoui and Rouault (2018).

    >>> import torch
    >>> vectors = torch.tensor([[0.0], [1.0], [2.0], [3.0], [4.0], [5.0], [900.0]])
    >>> Bulyan(f=1)(vectors).tolist()
    [3.0]
    """

    f: int | None

    source: ClassVar[str] = "El Mhamdi, Guerraoui and Rouault (2018)"
    precondition: ClassVar[str] = "n >= 4f+3"
    breakdown: ClassVar[str] = "f"
    instead: ClassVar[str] = "trimmed_mean"
    averages: ClassVar[bool] = True
    spreads: ClassVar[bool] = True

    def least(self) -> int:
        return 4 * self.bad + 3

    def select(self, gram: Tensor) -> list[int]:
        distances, left = squared_distances(gram), list(range(len(gram)))
        chosen: list[int] = []
        for _ in range(len(gram) - 2 * self.bad):
            among = distances[left][:, left]
            scores = krum_scores(among, max(len(left) - self.bad - 2, 1))
            tied = (scores == scores.min()).nonzero().flatten()
            chosen.append(left.pop(int(tied[among[tied].sum(dim=1).argmin()])))
        return sorted(chosen)

    def reduce(self, block: Tensor) -> Tensor:
        n = len(block)
        return sorted_mean(block, (n - 1) // 2, n // 2 + 1, n - 2 * self.bad)
