"""Pre-aggregators: linear maps that turn n vectors into m before the rule sees them."""

from abc import ABC, abstractmethod
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor


class PreAggregator(ABC):
    """A matrix M [m, n]; the rule is given M V in the place of V [n, d].

    needs_gram: whether M depends on the vectors, through their Gram matrix.
    """

    needs_gram: ClassVar[bool] = False

    @abstractmethod
    def rows(self, n: int) -> int:
        """m, the number of vectors that come out of n."""

    @abstractmethod
    def liars(self, n: int, f: int) -> int:
        """How many of the m vectors out can be bad when f of the n vectors in are."""

    @abstractmethod
    def mixing(self, n: int, gram: Tensor | None, rng: np.random.Generator) -> Tensor:
        """M [m, n] float64, from the Gram matrix [n, n] of the centred vectors if it is needed."""

    def __call__(self, vectors: Tensor, rng: np.random.Generator | None = None) -> Tensor:
        """M V for a plain matrix V [n, d]; without `rng`, the draw of seed 0."""
        gram = centred_gram([vectors]) if self.needs_gram else None
        return mix(self.mixing(len(vectors), gram, rng or np.random.default_rng(0)), vectors)


def centred_gram(blocks: list[Tensor]) -> Tensor:
    """(V - c)(V - c)^T [n, n], float64, summed over blocks [n, b] of V.

    The weights of every rule here sum to one, so distances are all that count and the centre c
    may be any point. It is the row whose norm in the block is the median one: near enough to
    keep the cancellation small, and no minority can move it far away and drown the rest.
    """
    total = torch.zeros(len(blocks[0]), len(blocks[0]), dtype=torch.float64)
    total = total.to(blocks[0].device)
    for block in blocks:
        wide = block.double()
        wide = wide - wide[wide.norm(dim=1).argsort()[len(wide) // 2]]
        total += wide @ wide.T
    return total


def mix(matrix: Tensor, block: Tensor) -> Tensor:
    """M B for M [m, n] and B [n, b]; on the CPU, rows of M with few entries cost only those."""
    matrix = matrix.to(block.dtype)
    if block.device.type != "cpu" or 2 * int(matrix.count_nonzero()) > matrix.numel():
        return matrix.to(block.device) @ block
    out = block.new_empty(len(matrix), block.shape[1])
    for row, weights in zip(out, matrix, strict=True):
        chosen = weights.nonzero().squeeze(1)
        torch.mv(block[chosen].T, weights[chosen], out=row)
    return out
