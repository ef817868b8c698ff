"""Comparative gradient elimination: the mean of the n-f vectors with the smallest norms."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from robusttrain.defense.aggregator.base import GramRule
from robusttrain.ops.gram import about, mean_of


@dataclass(frozen=True)
class Cge(GramRule):
    """The mean of the n-f vectors with the smallest norms; of equal norms the first counts.

    f: int >= 0. Bad vectors assumed.
    Precondition: n >= 2f+1.
    Breakdown: f; at most as long as the longest honest vector while at most f are bad, but of any
        direction: a liar that is short is never dropped.
    Passes: 2; the blocks are kept.
    NaN, Inf: a row that holds one is left out and counted as bad.
    Source: Gupta, Liu and Vaidya (2020).

    >>> Cge(f=1)(torch.tensor([[1.0], [2.0], [-900.0]])).tolist()
    [1.5]
    """

    f: int | None

    source: ClassVar[str] = "Gupta, Liu and Vaidya (2020)"
    precondition: ClassVar[str] = "n >= 2f+1"
    breakdown: ClassVar[str] = "f"
    anchors: ClassVar[tuple[str, ...]] = ("origin",)
    translates: ClassVar[bool] = False
    averages: ClassVar[bool] = True

    def weights(self, gram: Tensor) -> Tensor:
        n = len(gram) - 1
        norms = about(gram, n).diagonal()[:n]
        weights = mean_of(norms.argsort(stable=True)[: n - self.bad], n)
        return torch.cat([weights, torch.zeros(1, dtype=weights.dtype)])
