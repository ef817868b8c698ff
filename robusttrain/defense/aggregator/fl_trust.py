"""FLTrust: trust by likeness to a vector of one's own."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Self

import torch
from torch import Tensor

from robusttrain.defense.aggregator.base import GramRule
from robusttrain.defense.aggregator.monna import place_of
from robusttrain.ops.gram import about, cosines
from robusttrain.values import check_whole


@dataclass(frozen=True)
class FlTrust(GramRule):
    """Vectors rescaled to the length of a trusted one, weighted by their likeness to it.

        output = sum_i t_i (||g|| / ||v_i||) v_i / sum_i t_i,   t_i = max(0, cos(v_i, g)),

    over all i but the trusted row, g = v_`trusted_row`. Where no t_i is positive, n = 1 included,
    the output is g.

    trusted_row: int >= 0. The row of g among the vectors that reach the rule: leave preaggregator
        empty, or put no stage there that reorders.
    Precondition: trusted_row < n.
    Breakdown: n-1, the trusted vector not among them; never longer than g and never against it.
    Passes: 2; the blocks are kept.
    NaN, Inf: a row that holds one is left out and counted as bad. ValueError where g holds one.
    Source: Cao, Fang, Liu and Gong (2021); there g comes from 100 samples of the server.

    >>> import torch
    >>> from robusttrain.defense.aggregator.fl_trust import FlTrust
    >>> FlTrust(trusted_row=0)(torch.tensor([[0.0, 1.0], [0.0, 512.0], [0.0, -4.0]])).tolist()
    [0.0, 1.0]
    """

    trusted_row: int = 0

    source: ClassVar[str] = "Cao, Fang, Liu and Gong, FLTrust (2021)"
    precondition: ClassVar[str] = "0 <= trusted_row < n"
    breakdown: ClassVar[str] = "n-1, the trusted vector not among them"
    anchors: ClassVar[tuple[str, ...]] = ("origin",)
    permutes: ClassVar[bool] = False
    translates: ClassVar[bool] = False

    def __post_init__(self) -> None:
        check_whole("aggregator.trusted_row", self.trusted_row, 0, use=0)

    def check(self, n: int) -> None:
        if self.trusted_row >= n:
            raise self.refusal(n)

    def tolerates(self, n: int) -> int:
        return n - 1

    def without(self, kept: Sequence[int], n: int) -> Self:
        return replace(self, trusted_row=place_of(self, self.trusted_row, kept, n))

    def weights(self, gram: Tensor) -> Tensor:
        n = len(gram) - 1
        products = about(gram, n)[:n, :n]
        lengths = products.diagonal().clamp(min=0).sqrt()
        own = lengths[self.trusted_row]
        safe = torch.where(lengths > 0, lengths, torch.inf)
        trust = cosines(products)[self.trusted_row].clamp(min=0.0)
        trust[self.trusted_row] = 0.0
        weights = torch.zeros(n + 1, dtype=torch.float64)
        if trust.sum() == 0:
            weights[self.trusted_row] = 1.0
            return weights
        weights[:n] = trust * own / safe / trust.sum()
        weights[n] = 1.0 - weights[:n].sum()
        return weights
