"""Means of buckets that each hold vectors of all directions."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from torch import Tensor

from robusttrain.defense.preaggregator.base import PreAggregator, averages
from robusttrain.ops.gram import cosines
from robusttrain.values import check_whole


@dataclass(frozen=True)
class CosineBucketing(PreAggregator):
    """Buckets of about `size` >= 1 vectors, one from each of `size` clusters of likeness.

    The vectors are ordered by their cosine with the sum of all directions, sum_j v_j / ||v_j||
    (in which a vector counts as much as any other, however long), and cut into `size` nearly
    equal clusters; each is shuffled, and bucket b is the mean of the b-th of every cluster. So
    vectors that are alike, as liars often are, meet honest ones instead of each other. Draws from
    the server's generator.

    size: int >= 1. Vectors in a bucket; published: 3.
    Precondition: n >= 1.
    Bad vectors out: one bad vector makes its own bucket bad only, so f stays f among fewer vectors.
    Passes: none beyond that of the Gram matrix.
    NaN, Inf: a row that holds one is left out before, and counted as bad.
    Source: Ozfatura, Ozfatura, Kupcu and Gunduz (2022), as a part of sequential centered
        clipping, where the direction is the last output's.

    >>> import torch
    >>> CosineBucketing(size=2)(torch.tensor([[1.0], [1.0], [-3.0], [-3.0]])).tolist()
    [[-1.0], [-1.0]]
    """

    size: int = 3

    needs_gram: ClassVar[bool] = True
    needs_origin: ClassVar[bool] = True
    source: ClassVar[str] = "Ozfatura, Ozfatura, Kupcu and Gunduz (2022)"

    def __post_init__(self) -> None:
        check_whole("preaggregator.cosine_bucketing.size", self.size, 1, use=3)

    def rows_out(self, n: int) -> int:
        return -(-n // self.size)

    def mixing(self, n: int, gram: Tensor | None, rng: np.random.Generator) -> Tensor:
        assert gram is not None
        order = cosines(gram).sum(dim=1).argsort(stable=True).numpy()
        clusters = [rng.permutation(part) for part in np.array_split(order, self.size)]
        buckets = [[p[b] for p in clusters if b < len(p)] for b in range(self.rows_out(n))]
        return averages([np.array(bucket) for bucket in buckets], n)
