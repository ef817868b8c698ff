"""Minimum-diameter averaging by plain enumeration."""

from dataclasses import dataclass
from math import comb
from typing import ClassVar

from torch import Tensor

from robusttrain.defense.aggregator.base import GramRule
from robusttrain.ops.gram import mean_of, squared_distances
from robusttrain.ops.subsets import tightest_of_all
from robusttrain.values import check_whole


@dataclass(frozen=True)
class Brute(GramRule):
    """What mda computes, by looking at each of the C(n, f) sets of n-f vectors.

        output = mean of argmin_{|S| = n-f} max_{i,j in S} ||v_i - v_j||,

    ties going to the smaller second distance, and so on. The reference that mda is tested
    against, known as "brute" in other frameworks; use mda to train.

    f: int >= 0. Bad vectors assumed.
    limit: int. Most sets that are looked at; more are refused.
    Precondition: n >= 2f+1 and C(n, f) <= limit.
    Breakdown: f; within the honest diameter of an honest vector while at most f are bad.
    Passes: 2; the blocks are kept.
    NaN, Inf: a row that holds one is left out and counted as bad.
    Source: Rousseeuw (1985); El Mhamdi, Guerraoui and Rouault (2020).

    >>> import torch
    >>> Brute(f=1)(torch.tensor([[0.0], [1.0], [900.0]])).tolist()
    [0.5]
    """

    f: int | None
    limit: int = 100_000

    source: ClassVar[str] = "Rousseeuw (1985); El Mhamdi, Guerraoui and Rouault (2020)"
    precondition: ClassVar[str] = "n >= 2f+1, C(n, f) <= limit"
    breakdown: ClassVar[str] = "f"
    instead: ClassVar[str] = "mda"
    averages: ClassVar[bool] = True

    def __post_init__(self) -> None:
        check_whole("aggregator.limit", self.limit, 1, use=100_000)

    def check(self, n: int) -> None:
        super().check(n)
        if comb(n, self.bad) > self.limit:
            raise ValueError(
                f"brute needs C(n, f) <= {self.limit}; got n={n}, f={self.bad}, so "
                f"{comb(n, self.bad)} sets; lower aggregator.f, raise aggregator.limit, or use mda"
            )

    def weights(self, gram: Tensor) -> Tensor:
        n = len(gram)
        return mean_of(tightest_of_all(squared_distances(gram).numpy(), n - self.bad), n)
