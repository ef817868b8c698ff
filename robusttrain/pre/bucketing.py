"""Means of random buckets."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from robusttrain.pre.base import PreAggregator


@dataclass(frozen=True)
class Bucketing(PreAggregator):
    """Shuffle the n vectors, cut them into `buckets` nearly equal buckets, average each.

    buckets: the number of buckets, >= 1; where there are fewer vectors, each is a bucket.
    One bad vector spoils its bucket only. Source: Chen et al., DETOX (2019) and Aspis (2021)
    on tasks after the vote; Karimireddy et al. (2022) on workers, by bucket size.
    """

    buckets: int

    def __post_init__(self) -> None:
        if self.buckets < 1:
            raise ValueError(f"pre.bucketing.buckets={self.buckets} must be >= 1; use 45")

    def rows(self, n: int) -> int:
        return min(self.buckets, n)

    def liars(self, n: int, f: int) -> int:
        return min(f, self.rows(n))

    def mixing(self, n: int, gram: Tensor | None, rng: np.random.Generator) -> Tensor:
        matrix = torch.zeros(self.rows(n), n, dtype=torch.float64)
        for row, bucket in zip(
            matrix, np.array_split(rng.permutation(n), len(matrix)), strict=True
        ):
            row[torch.from_numpy(bucket)] = 1.0 / len(bucket)
        return matrix
