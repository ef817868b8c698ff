"""Centered clipping."""

from dataclasses import dataclass, field
from typing import ClassVar

import torch
from torch import Tensor

from robusttrain.defense.aggregator.base import GramRule
from robusttrain.defense.streaming.memory import Memory
from robusttrain.ops.gram import reach
from robusttrain.values import check_whole


@dataclass(frozen=True)
class CenteredClipping(GramRule):
    """From the last output, the mean of the clipped differences, `iterations` times.

        c <- c + (1/n) sum_i (v_i - c) min(1, radius / ||v_i - c||)

    c starts from the last output, which is remembered ([D]); at first, and in a plain call, from
    the origin. The authors' code has radius 100 for momentum summed with beta = 0.9, which is 10
    for averaged momentum.

    radius: float > 0, in the units of the vectors.
    iterations: int >= 1.
    Precondition: n >= 1.
    Breakdown: (n-1)/2; each iteration moves c by at most `radius`, of which f liars hold f/n.
    Passes: 2; the blocks are kept.
    NaN, Inf: a row that holds one is left out and counted as bad.
    Source: Karimireddy, He and Jaggi (2021).

    >>> CenteredClipping(radius=1.0)(torch.tensor([[0.5], [0.5], [512.0], [-4.0]])).tolist()
    [0.25]
    """

    radius: float = 10.0
    iterations: int = 1
    memory: Memory = field(default_factory=Memory, repr=False, compare=False)

    source: ClassVar[str] = "Karimireddy, He and Jaggi (2021)"
    breakdown: ClassVar[str] = "(n-1)/2"
    anchors: ClassVar[tuple[str, ...]] = ("centre",)
    repeats: ClassVar[bool] = False
    translates: ClassVar[bool] = False
    scales: ClassVar[bool] = False

    def __post_init__(self) -> None:
        check_whole("aggregator.iterations", self.iterations, 1, use=1)
        if not self.radius > 0:
            raise ValueError(f"centered_clipping needs radius > 0; got {self.radius}; use 10")

    def tolerates(self, n: int) -> int:
        return (n - 1) // 2

    def weights(self, gram: Tensor) -> Tensor:
        weights = torch.zeros(len(gram), dtype=torch.float64)
        weights[-1] = 1.0
        everyone = torch.arange(len(gram) - 1)
        for _ in range(self.iterations):
            weights = clipped_step(gram, weights, everyone, self.radius)
        return weights


def clipped_step(gram: Tensor, weights: Tensor, chosen: Tensor, radius: float) -> Tensor:
    """The weights of z + mean_{i in chosen} (v_i - z) min(1, radius / ||v_i - z||)."""
    lengths = reach(gram, weights)[chosen]
    share = (radius / lengths).clamp(max=1.0) / len(chosen)
    moved = weights * (1.0 - share.sum())
    moved[chosen] += share
    return moved
