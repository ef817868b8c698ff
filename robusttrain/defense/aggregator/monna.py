"""Mean of the nearest neighbours of a trusted vector."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Self

from torch import Tensor

from robusttrain.defense.aggregator.base import GramRule, Rule
from robusttrain.defense.preaggregator.base import Undefined
from robusttrain.ops.gram import mean_of, squared_distances
from robusttrain.values import check_whole


@dataclass(frozen=True)
class Monna(GramRule):
    """The mean of the n-f vectors that are nearest to a trusted one, itself included.

    f: int >= 0. Bad vectors assumed.
    trusted_row: int >= 0. The row that is trusted, among the vectors that reach the rule: leave
        preaggregator empty, or put no stage there that reorders.
    Precondition: n >= 2f+1 and trusted_row < n.
    Breakdown: f of the others; what is averaged is no farther from the trusted vector than the
        farthest honest one.
    Passes: 2; the blocks are kept.
    NaN, Inf: a row that holds one is left out and counted as bad. ValueError where the trusted
        row holds one.
    Source: Farhadkhani, Guerraoui, Gupta, Hoang, Pinot and Stephan (2023).

    >>> import torch
    >>> from robusttrain.defense.aggregator.monna import Monna
    >>> Monna(f=1, trusted_row=0)(torch.tensor([[1.0], [2.0], [900.0]])).tolist()
    [1.5]
    """

    f: int | None
    trusted_row: int = 0

    source: ClassVar[str] = "Farhadkhani et al., MoNNA (2023)"
    precondition: ClassVar[str] = "n >= 2f+1, 0 <= trusted_row < n"
    breakdown: ClassVar[str] = "f, the trusted vector not among them"
    permutes: ClassVar[bool] = False
    averages: ClassVar[bool] = True

    def __post_init__(self) -> None:
        check_whole("aggregator.trusted_row", self.trusted_row, 0, use=0)

    def check(self, n: int) -> None:
        super().check(n)
        if self.trusted_row >= n:
            raise self.refusal(n)

    def without(self, kept: Sequence[int], n: int) -> Self:
        place = place_of(self, self.trusted_row, kept, n)
        return replace(super().without(kept, n), trusted_row=place)

    def weights(self, gram: Tensor) -> Tensor:
        distances = squared_distances(gram)[self.trusted_row]
        distances[self.trusted_row] = -1.0
        return mean_of(distances.argsort(stable=True)[: len(gram) - self.bad], len(gram))


def place_of(rule: Rule, trusted: int, kept: Sequence[int], n: int) -> int:
    """Where a trusted row of n lies among those `kept`; Undefined if it is not."""
    if trusted >= n:  # for check() to refuse
        return trusted
    if trusted not in kept:
        raise Undefined(f"{rule.name} needs a finite trusted vector; row {trusted} of {n} is not")
    return list(kept).index(trusted)
