"""Means of random buckets."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from robusttrain.defense.preaggregator.base import Averaging
from robusttrain.values import check_whole, shown


@dataclass(frozen=True)
class Bucketing(Averaging):
    """Shuffle the n vectors, cut them into nearly equal buckets, average each.

    Draws from the server's generator. Give one of the two:

    buckets: int >= 1. How many; where there are fewer vectors, each is a bucket.
    size: int >= 1. For n/size buckets, rounded up; published for workers: 2.
    Precondition: n >= 1.
    Bad vectors out: one bad vector makes its own bucket bad only, so f stays f among fewer vectors.
    Passes: none.
    NaN, Inf: before a rule, a bucket that holds one is left out and counted as bad; in a plain
        call, such rows are left out first.
    Source: Chen et al., DETOX (2019) and Aspis (2021) on tasks after the vote; Karimireddy, He
        and Jaggi (2022) on workers, by size.

    >>> import torch
    >>> means = Bucketing(size=2)(torch.tensor([[1.0], [2.0], [3.0], [6.0]]))
    >>> list(means.shape), means.mean().item()
    ([2, 1], 3.0)
    """

    buckets: int | None = None
    size: int | None = None

    source: ClassVar[str] = "DETOX (2019), Aspis (2021); Karimireddy, He and Jaggi (2022)"

    def __post_init__(self) -> None:
        if (self.buckets is None) == (self.size is None):
            remedy = "use buckets=45" if self.size is None else "set the other to null"
            raise ValueError(
                f"preaggregator.bucketing takes one of buckets and size; got buckets="
                f"{shown(self.buckets)}, size={shown(self.size)}; {remedy}"
            )
        if self.buckets is not None:
            check_whole("preaggregator.bucketing.buckets", self.buckets, 1, use=45)
        if self.size is not None:
            check_whole("preaggregator.bucketing.size", self.size, 1, use=2)

    def rows_out(self, n: int) -> int:
        if self.buckets is not None:
            return min(self.buckets, n)
        assert self.size is not None
        return -(-n // self.size)

    def parts(self, n: int, rng: np.random.Generator) -> list[np.ndarray]:
        return np.array_split(rng.permutation(n), self.rows_out(n))
