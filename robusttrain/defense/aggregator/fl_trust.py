"""FLTrust: trust by likeness to a vector of one's own."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Self

import torch
from torch import Tensor

from robusttrain.defense.aggregator.base import GramRule
from robusttrain.defense.aggregator.monna import place_of
from robusttrain.ops.gram import about, cosines


@dataclass(frozen=True)
class FlTrust(GramRule):
    """Vectors rescaled to the length of a trusted one, weighted by their likeness to it.

        output = sum_i t_i (||g|| / ||v_i||) v_i / sum_i t_i,   t_i = max(0, cos(v_i, g)),

    over all i but the trusted row, g = v_`trusted_row` (of the vectors that reach the rule: leave
    preaggregator empty, or put no stage there that reorders). 0 <= trusted_row < n. Where no t_i is
    positive, n = 1 included, the output is g. Never longer than g and never against it, however
    many others are bad. Two passes; the blocks are kept. ValueError where g is not finite.
    Source: Cao, Fang, Liu and Gong (2021); there g comes from 100 samples of the server.
    """

    trusted_row: int = 0

    source: ClassVar[str] = "Cao, Fang, Liu and Gong, FLTrust (2021)"
    precondition: ClassVar[str] = "0 <= trusted_row < n"
    breakdown: ClassVar[str] = "n-1, the trusted vector not among them"
    anchors: ClassVar[tuple[str, ...]] = ("origin",)
    permutes: ClassVar[bool] = False
    translates: ClassVar[bool] = False

    def check(self, n: int) -> None:
        if not 0 <= self.trusted_row < n:
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
