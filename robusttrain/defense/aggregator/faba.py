"""FABA: drops the farthest from the mean, f times."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from robusttrain.defense.aggregator.base import GramRule
from robusttrain.ops.gram import mean_of, reach


@dataclass(frozen=True)
class Faba(GramRule):
    """f times, the vector farthest from the mean of those left is dropped; then their mean.

    Of equally far ones the first goes. The means are tracked in n-space.

    f: int >= 0. Bad vectors assumed.
    Precondition: n >= 2f+1.
    Breakdown: f; while at most f are bad, all far liars go first. A liar that is as near as
        honest ones stays.
    Passes: 2; the blocks are kept.
    NaN, Inf: a row that holds one is left out and counted as bad.
    Source: Xia, Tao, Hao and Li (2019).

    >>> Faba(f=1)(torch.tensor([[0.0], [1.0], [900.0]])).tolist()
    [0.5]
    """

    f: int | None

    source: ClassVar[str] = "Xia, Tao, Hao and Li (2019)"
    precondition: ClassVar[str] = "n >= 2f+1"
    breakdown: ClassVar[str] = "f"
    averages: ClassVar[bool] = True

    def weights(self, gram: Tensor) -> Tensor:
        n = len(gram)
        left = torch.arange(n)
        for _ in range(self.bad):
            far = int(reach(gram, mean_of(left, n))[left].argmax())
            left = torch.cat([left[:far], left[far + 1 :]])
        return mean_of(left, n)
