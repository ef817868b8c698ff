"""Minimum-diameter averaging."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from robusttrain.defense.aggregator.base import GramRule
from robusttrain.ops.gram import mean_of, squared_distances
from robusttrain.ops.subsets import tightest
from robusttrain.values import check_whole


@dataclass(frozen=True)
class Mda(GramRule):
    """The mean of the n-f vectors that lie least far apart.

        output = mean of argmin_{|S| = n-f} max_{i,j in S} ||v_i - v_j||;

    where sets tie, as they do whenever they share their farthest pair, the next largest distance
    decides, and so on. Exact by branch and bound: for a limit t, vectors that are farther apart
    exclude each other, so f of them must cover all such pairs; a search decides that in
    about 1.4^f steps.

    f: int >= 0. Bad vectors assumed.
    effort: int. Most steps (n = 25 takes thousands at most); then the best set so far counts,
        whose diameter is at most twice the least.
    Precondition: n >= 2f+1.
    Breakdown: f; within the honest diameter of an honest vector while at most f are bad.
    Passes: 2; the blocks are kept.
    NaN, Inf: a row that holds one is left out and counted as bad.
    Source: Rousseeuw (1985); El Mhamdi, Guerraoui and Rouault (2020).

    >>> import torch
    >>> Mda(f=1)(torch.tensor([[0.0], [1.0], [900.0]])).tolist()
    [0.5]
    """

    f: int | None
    effort: int = 200_000

    source: ClassVar[str] = "Rousseeuw (1985); El Mhamdi, Guerraoui and Rouault (2020)"
    precondition: ClassVar[str] = "n >= 2f+1"
    breakdown: ClassVar[str] = "f"
    averages: ClassVar[bool] = True

    def __post_init__(self) -> None:
        check_whole("aggregator.effort", self.effort, 0, use=200_000)

    def weights(self, gram: Tensor) -> Tensor:
        n = len(gram)
        chosen = tightest(squared_distances(gram).numpy(), n - self.bad, self.effort)
        return mean_of(chosen, n)
