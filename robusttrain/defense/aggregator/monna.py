"""Mean of the nearest neighbours of a trusted vector."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Self

from torch import Tensor

from robusttrain.defense.aggregator.base import GramRule, Rule
from robusttrain.defense.preaggregator.base import Undefined
from robusttrain.ops.gram import mean_of, squared_distances


@dataclass(frozen=True)
class Monna(GramRule):
    """The mean of the n-f vectors that are nearest to a trusted one, itself included.

    f >= 0, n >= 2f+1. trusted_row: the row that is trusted, 0 <= trusted_row < n (of the vectors
    that reach the rule: leave preaggregator empty, or put no stage there that reorders). While at
    most f of the others are bad, no farther from it than the farthest honest vector. Two passes;
    the blocks are kept. ValueError where the trusted row is not finite. Source: Farhadkhani,
    Guerraoui, Gupta, Hoang, Pinot and Stephan (2023).
    """

    f: int | None
    trusted_row: int = 0

    source: ClassVar[str] = "Farhadkhani et al., MoNNA (2023)"
    precondition: ClassVar[str] = "n >= 2f+1, 0 <= trusted_row < n"
    breakdown: ClassVar[str] = "f, the trusted vector not among them"
    permutes: ClassVar[bool] = False
    averages: ClassVar[bool] = True

    def check(self, n: int) -> None:
        super().check(n)
        if not 0 <= self.trusted_row < n:
            raise self.refusal(n)

    def without(self, kept: Sequence[int], n: int) -> Self:
        place = place_of(self, self.trusted_row, kept, n)
        return replace(super().without(kept, n), trusted_row=place)

    def weights(self, gram: Tensor) -> Tensor:
        near = squared_distances(gram)[self.trusted_row]
        near[self.trusted_row] = -1.0
        return mean_of(near.argsort(stable=True)[: len(gram) - self.bad], len(gram))


def place_of(rule: Rule, trusted: int, kept: Sequence[int], n: int) -> int:
    """Where a trusted row of n lies among those `kept`; Undefined if it is not."""
    if not 0 <= trusted < n:  # for check() to refuse
        return trusted
    if trusted not in kept:
        raise Undefined(f"{rule.name} needs a finite trusted vector; row {trusted} of {n} is not")
    return list(kept).index(trusted)
