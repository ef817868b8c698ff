"""FLAME: clusters of directions, clipping, noise."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from robusttrain.defense.aggregator.base import GramRule
from robusttrain.defense.aggregator.sign_guard import clipped_mean
from robusttrain.ops.clusters import majority_by_linkage
from robusttrain.ops.gram import about, cosines


@dataclass(frozen=True)
class Flame(GramRule):
    """The mean of the majority cluster of directions, clipped to the median length S, and noise.

    Kept is the first group of more than half that holds together as vectors are linked in order
    of 1 - cos(v_i, v_j): what HDBSCAN finds with the published settings. Output: the mean of the
    kept vectors, each clipped to S, the median length of all, plus Gaussian noise of deviation
    strength * S in every coordinate. Draws from the server's generator.

    strength: float >= 0. Published: 0.001, against backdoors. The noise has a norm of
        about strength * S * sqrt(D), so 0 suits robustness alone.
    Precondition: n >= 1.
    Breakdown: (n-1)/2; without the noise never longer than S while fewer than half are bad.
    Passes: 2; the blocks are kept.
    NaN, Inf: a row that holds one is left out and counted as bad.
    Source: Nguyen et al., FLAME (2022).

    >>> vectors = torch.tensor([[0.0, 1.0], [0.0, 2.0], [0.0, 3.0], [-900.0, 0.0]])
    >>> [round(x, 3) for x in Flame(strength=0.0)(vectors).tolist()]
    [0.0, 1.667]
    """

    strength: float = 0.001

    source: ClassVar[str] = "Nguyen et al., FLAME (2022)"
    breakdown: ClassVar[str] = "(n-1)/2"
    anchors: ClassVar[tuple[str, ...]] = ("origin",)
    repeats: ClassVar[bool] = False
    translates: ClassVar[bool] = False
    scales: ClassVar[bool] = False

    def __post_init__(self) -> None:
        if not self.strength >= 0:
            raise ValueError(f"flame needs strength >= 0; got {self.strength}; use 0.001, or 0")

    def tolerates(self, n: int) -> int:
        return (n - 1) // 2

    def weights(self, gram: Tensor) -> Tensor:
        products, lengths = self.lengths(gram)
        kept = torch.from_numpy(majority_by_linkage((1.0 - cosines(products)).numpy()))
        return clipped_mean(lengths, kept, lengths.median())

    def noise(self, gram: Tensor) -> float:
        return self.strength * float(self.lengths(gram)[1].median())

    @staticmethod
    def lengths(gram: Tensor) -> tuple[Tensor, Tensor]:
        n = len(gram) - 1
        products = about(gram, n)[:n, :n]
        return products, products.diagonal().clamp(min=0).sqrt()
