"""Smallest maximum eigenvalue averaging: the mean of the n-f vectors that spread least."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from robusttrain.defense.aggregator.base import GramRule
from robusttrain.ops.gram import mean_of
from robusttrain.ops.subsets import flattest
from robusttrain.values import check_whole


@dataclass(frozen=True)
class Smea(GramRule):
    """The mean of the n-f vectors whose covariance has the smallest largest eigenvalue.

        output = mean of argmin_{|S| = n-f} lambda_max(cov(S)).

    Exact where C(n, f) <= limit, without an eigenvalue for each set: the variance along any
    direction bounds the eigenvalue of every set at once, and few directions rule nearly all sets
    out. Beyond the limit: the vector farthest along the top direction is dropped f times, then
    single exchanges are made while they help; a local minimum, that far liars cannot enter.

    f: int >= 0. Bad vectors assumed.
    limit: int. Most sets for the exact search (n = 25: f <= 6).
    Precondition: n >= 2f+1.
    Breakdown: f; the square of its distance from the honest mean is at most about f/(n-2f) times
        the largest eigenvalue of the honest covariance.
    Passes: 2; the blocks are kept.
    NaN, Inf: a row that holds one is left out and counted as bad.
    Source: Allouah, Guerraoui, Gupta, Pinot and Stephan (2023).

    >>> import torch
    >>> Smea(f=1)(torch.tensor([[0.0], [1.0], [900.0]])).tolist()
    [0.5]
    """

    f: int | None
    limit: int = 200_000

    source: ClassVar[str] = "Allouah, Guerraoui, Gupta, Pinot and Stephan (2023)"
    precondition: ClassVar[str] = "n >= 2f+1"
    breakdown: ClassVar[str] = "f"
    averages: ClassVar[bool] = True

    def __post_init__(self) -> None:
        check_whole("aggregator.limit", self.limit, 0, use=200_000)

    def weights(self, gram: Tensor) -> Tensor:
        n = len(gram)
        return mean_of(flattest(gram.numpy(), n - self.bad, self.limit), n)
