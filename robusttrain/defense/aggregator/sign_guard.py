"""SignGuard: norms and sign statistics."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from robusttrain.defense.aggregator.base import GramInputs, GramRule
from robusttrain.ops.clusters import largest_by_mean_shift
from robusttrain.ops.gram import about


@dataclass(frozen=True)
class SignGuard(GramRule):
    """The mean of vectors of usual length and usual signs, clipped to the median length.

    Kept: those with lower <= ||v_i|| / M <= upper, M the median length, whose shares of positive,
    zero and negative coordinates lie in the largest cluster of a mean shift (bandwidth: the mean
    distance to the farther of the nearest half). Each is clipped to M. If none passes both tests,
    all vectors are clipped to M and averaged. Published with a random tenth of the coordinates:
    here the shares are of all, without a draw.

    lower: float in [0, 1]; published: 0.1.
    upper: float >= 1; published: 3.
    Precondition: n >= 1.
    Breakdown: (n-1)/2; never longer than M, so than the longest honest vector, while fewer than
        half are bad.
    Passes: 3; the blocks are kept.
    NaN, Inf: a row that holds one is left out and counted as bad.
    Source: Xu, Huang, Song and Lan (2022).

    >>> vectors = torch.tensor([[1.0, 2.0], [2.0, 1.0], [2.0, 2.0], [-900.0, -900.0]])
    >>> [round(x, 3) for x in SignGuard()(vectors).tolist()]
    [1.527, 1.527]
    """

    lower: float = 0.1
    upper: float = 3.0

    source: ClassVar[str] = "Xu, Huang, Song and Lan, SignGuard (2022)"
    breakdown: ClassVar[str] = "(n-1)/2"
    anchors: ClassVar[tuple[str, ...]] = ("origin",)
    describes: ClassVar[bool] = True
    translates: ClassVar[bool] = False

    def __post_init__(self) -> None:
        if not 0 <= self.lower <= 1 <= self.upper:
            raise ValueError(
                f"sign_guard needs 0 <= lower <= 1 <= upper; got {self.lower}, {self.upper}; use "
                "0.1, 3"
            )

    def tolerates(self, n: int) -> int:
        return (n - 1) // 2

    def describe(self, block: Tensor) -> Tensor:
        signs = block.float().sign()
        excess, filled = signs.sum(dim=1).double(), signs.abs_().sum(dim=1).double()
        up, down = (filled + excess) / 2, (filled - excess) / 2
        return torch.stack([up, block.shape[1] - filled, down], dim=1)

    def weights(self, gram: Tensor) -> Tensor:
        raise TypeError("sign_guard goes by signs too: call it, or weigh()")

    def weigh(self, inputs: GramInputs) -> Tensor:
        assert inputs.features is not None
        n = len(inputs.gram) - 1
        lengths = about(inputs.gram, n).diagonal()[:n].clamp(min=0).sqrt()
        middle = lengths.median()
        usual = (lengths >= self.lower * middle) & (lengths <= self.upper * middle)
        shares = inputs.features / inputs.features.sum(dim=1, keepdim=True).clamp(min=1)
        kept = usual & torch.from_numpy(largest_by_mean_shift(shares.numpy()))
        return clipped_mean(lengths, kept if bool(kept.any()) else usual | True, middle)


def clipped_mean(lengths: Tensor, kept: Tensor, limit: Tensor) -> Tensor:
    """[n+1]: the mean of the rows `kept`, each clipped to the length `limit`; last the origin."""
    factors = (limit / lengths.clamp(min=1e-300)).clamp(max=1.0)
    factors = torch.where(lengths > 0, factors, torch.ones_like(factors))
    weights = torch.where(kept, factors, torch.zeros_like(factors)) / kept.sum()
    return torch.cat([weights, 1.0 - weights.sum().reshape(1)])
