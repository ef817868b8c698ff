"""Sequential centered clipping."""

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor

from robusttrain.defense.aggregator.base import GramInputs, GramRule
from robusttrain.defense.aggregator.centered_clipping import clipped_step
from robusttrain.defense.streaming.memory import Memory
from robusttrain.ops.gram import about, cosines
from robusttrain.values import check_whole


@dataclass(frozen=True)
class SequentialCenteredClipping(GramRule):
    """Centered clipping bucket by bucket, the centre moving on after each.

        c <- c + mean_{i in bucket} (v_i - c) min(1, radius / ||v_i - c||),   bucket after bucket.

    The vectors are ordered by their cosine with the last output c and cut into `size` clusters;
    each is shuffled, and bucket b takes the b-th of every cluster. c is remembered ([D]); at
    first, and in a plain call, it is the origin and the buckets are random. Draws from the
    server's generator.

    radius: float > 0, in the units of the vectors; published: 1.
    size: int >= 1. Vectors in a bucket; published: 3.
    Precondition: n >= 1.
    Breakdown: (n-1)/2; c moves by at most `radius` times the n/size buckets, rounded up, so it
        takes more noise from honest vectors than centered clipping does. It was made against
        attacks that drift along with c (ROP).
    Passes: 2; the blocks are kept.
    NaN, Inf: a row that holds one is left out and counted as bad.
    Source: Ozfatura, Ozfatura, Kupcu and Gunduz (2022).

    >>> vectors = torch.tensor([[0.5], [0.5], [512.0], [-4.0]])
    >>> SequentialCenteredClipping(radius=1.0, size=4)(vectors).tolist()
    [0.25]
    """

    radius: float = 1.0
    size: int = 3
    memory: Memory = field(default_factory=Memory, repr=False, compare=False)

    source: ClassVar[str] = "Ozfatura, Ozfatura, Kupcu and Gunduz (2022)"
    breakdown: ClassVar[str] = "(n-1)/2"
    anchors: ClassVar[tuple[str, ...]] = ("centre", "origin")
    permutes: ClassVar[bool] = False
    repeats: ClassVar[bool] = False
    translates: ClassVar[bool] = False
    scales: ClassVar[bool] = False

    def __post_init__(self) -> None:
        check_whole("aggregator.size", self.size, 1, use=3)
        if not self.radius > 0:
            raise ValueError(
                f"sequential_centered_clipping needs radius > 0; got {self.radius}; use 1"
            )

    def tolerates(self, n: int) -> int:
        return (n - 1) // 2

    def weights(self, gram: Tensor) -> Tensor:
        return self.weigh(GramInputs(gram, np.random.default_rng(0)))

    def weigh(self, inputs: GramInputs) -> Tensor:
        gram, n = inputs.gram, len(inputs.gram) - 2
        order = cosines(about(gram, n + 1))[:n, n].argsort(stable=True).numpy()
        if inputs.first:
            order = inputs.rng.permutation(n)
        clusters = [inputs.rng.permutation(part) for part in np.array_split(order, self.size)]
        weights = torch.zeros(n + 2, dtype=torch.float64)
        weights[n] = 1.0
        for b in range(-(-n // self.size)):
            bucket = torch.tensor([int(part[b]) for part in clusters if b < len(part)])
            weights = clipped_step(gram, weights, bucket, self.radius)
        return weights
