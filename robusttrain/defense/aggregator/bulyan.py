"""Bulyan."""

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

    theta = n-2f times, Krum's choice among the k vectors that are left (by its k-f-2 nearest
    others there, at least one; of equals, as nearest neighbours of each other are in the end,
    that with the least sum to all there) is moved to the selection; then per coordinate the
    mean of the theta-2f selected values that are nearest to their median.

    f >= 0, n >= 4f+3. Within the range of the selected honest values in every coordinate, so
    that a liar close in norm cannot move one coordinate far. The selection is the iterated one
    of the paper, not the n-2f best of one round of Krum, which most code uses. Two passes; the
    blocks are kept. Source: El Mhamdi, Guerraoui and Rouault (2018).
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
            near = distances[left][:, left]
            scores = krum_scores(near, max(len(left) - self.bad - 2, 1))
            tied = (scores == scores.min()).nonzero().flatten()
            chosen.append(left.pop(int(tied[near[tied].sum(dim=1).argmin()])))
        return sorted(chosen)

    def reduce(self, block: Tensor) -> Tensor:
        n = len(block)
        return sorted_mean(block, (n - 1) // 2, n // 2 + 1, n - 2 * self.bad)
