"""Krum."""

from dataclasses import dataclass

import torch
from torch import Tensor

from robusttrain.aggregator.base import GramRule


@dataclass(frozen=True)
class Krum(GramRule):
    """The vector that is closest to its n-f-2 nearest others.

        output = v_k,  k = argmin_i sum_{j in N_i} ||v_i - v_j||^2,

    N_i the n-f-2 nearest others; the lowest i on a tie. n >= 2f+3, f >= 0. Under large
    honest noise identical liars near the mean win: see the paper's condition on noise.
    Source: Blanchard, El Mhamdi, Guerraoui and Stainer (2017).
    """

    f: int

    def check(self, n: int) -> None:
        if self.f < 0 or n < 2 * self.f + 3:
            raise ValueError(
                f"krum needs n >= 2f+3; got n={n}, f={self.f}; lower aggregator.f, use more "
                "buckets or tasks, or use median"
            )

    def tolerates(self, n: int) -> int:
        return self.f

    def weights(self, gram: Tensor) -> Tensor:
        n, norms = len(gram), gram.diagonal()
        distances = norms[:, None] + norms[None, :] - 2 * gram
        distances.fill_diagonal_(torch.inf)
        scores = distances.sort(dim=1).values[:, : n - self.f - 2].sum(dim=1)
        chosen = torch.zeros_like(norms)
        chosen[scores.argmin()] = 1.0
        return chosen
