"""FABA: drop the farthest from the mean, f times."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from robusttrain.defense.aggregator.base import GramRule
from robusttrain.ops.gram import mean_of, reach


@dataclass(frozen=True)
class Faba(GramRule):
    """f times, the vector farthest from the mean of those left is dropped; then their mean.

    f >= 0, n >= 2f+1; of equally far ones the first goes. All far liars go first while at most f
    are bad, of one size; a liar that is as near as honest ones stays. Two passes, the means
    being tracked in n-space; the blocks are kept.
    Source: Xia, Tao, Hao and Li (2019).
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
