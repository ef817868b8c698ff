"""Multi-Krum."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from robusttrain.defense.aggregator.base import GramRule
from robusttrain.defense.aggregator.krum import krum_scores
from robusttrain.ops.gram import mean_of, squared_distances
from robusttrain.values import check_whole


@dataclass(frozen=True)
class MultiKrum(GramRule):
    """The mean of the m vectors with the least scores of Krum.

        output = (1/m) sum_{i in the m least} v_i,   score_i = sum_{j in N_i} ||v_i - v_j||^2,

    N_i the n-f-2 nearest others. m = 1 is Krum.

    f: int >= 0. Bad vectors assumed.
    m: int, 1 <= m <= n-f, or None: n-f-2, as in most code (ByzFL: n-f).
    Precondition: n >= 2f+3.
    Breakdown: f; a bad vector may be among the m, but only one that is as near to others as
        honest ones are.
    Passes: 2; the blocks are kept.
    NaN, Inf: a row that holds one is left out and counted as bad.
    Source: Blanchard, El Mhamdi, Guerraoui and Stainer (2017).

    >>> import torch
    >>> MultiKrum(f=1, m=2)(torch.tensor([[0.0], [1.0], [2.0], [4.0], [900.0]])).tolist()
    [0.5]
    """

    f: int | None
    m: int | None = None

    source: ClassVar[str] = "Blanchard, El Mhamdi, Guerraoui and Stainer (2017)"
    precondition: ClassVar[str] = "n >= 2f+3, 1 <= m <= n-f"
    breakdown: ClassVar[str] = "f"

    def __post_init__(self) -> None:
        if self.m is not None:
            check_whole("aggregator.m", self.m, 1, use="1, or null for n-f-2")

    def least(self) -> int:
        return 2 * self.bad + 3

    def check(self, n: int) -> None:
        super().check(n)
        if self.m is not None and self.m > n - self.bad:
            raise self.refusal(n)

    def weights(self, gram: Tensor) -> Tensor:
        n = len(gram)
        scores = krum_scores(squared_distances(gram), n - self.bad - 2)
        return mean_of(scores.argsort(stable=True)[: self.m or n - self.bad - 2], n)
