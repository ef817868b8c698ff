"""FLTrust: trust by likeness to a gradient of the server's own."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from robusttrain.defense.aggregator.base import GramRule
from robusttrain.ops.gram import about, cosines


@dataclass(frozen=True)
class FlTrust(GramRule):
    """Vectors rescaled to the length of the server's own, weighted by their likeness to it.

        output = sum_i t_i (||g|| / ||v_i||) v_i / sum_i t_i,   t_i = max(0, cos(v_i, g)).

    Where no t_i is positive, the output is g. In a run g is the gradient of the
    `defense.root_samples` samples that the server keeps for itself, at the parameters of the step;
    a plain call is given it as `root`. Pre-aggregators do not touch it.

    Precondition: n >= 1, and there is a finite root.
    Breakdown: all n; never longer than g and never against it.
    Passes: 2; the blocks are kept.
    NaN, Inf: a row that holds one is left out and counted as bad. ValueError where g holds one.
    Source: Cao, Fang, Liu and Gong (2021), with one local step, which is a gradient; there g comes
        from 100 samples.

    >>> vectors, own = torch.tensor([[0.0, 512.0], [0.0, -4.0]]), torch.tensor([0.0, 1.0])
    >>> FlTrust()(vectors, root=own).tolist()
    [0.0, 1.0]
    """

    source: ClassVar[str] = "Cao, Fang, Liu and Gong, FLTrust (2021)"
    precondition: ClassVar[str] = "n >= 1, defense.root_samples >= 1"
    breakdown: ClassVar[str] = "n: bounded by the server's own gradient"
    anchors: ClassVar[tuple[str, ...]] = ("root", "origin")
    repeats: ClassVar[bool] = False
    translates: ClassVar[bool] = False
    scales: ClassVar[bool] = False

    def tolerates(self, n: int) -> int:
        return n

    def weights(self, gram: Tensor) -> Tensor:
        n = len(gram) - 2
        products = about(gram, n + 1)[: n + 1, : n + 1]
        lengths = products.diagonal().clamp(min=0).sqrt()
        safe = torch.where(lengths[:n] > 0, lengths[:n], torch.inf)
        trust = cosines(products)[n, :n].clamp(min=0.0)
        weights = torch.zeros(n + 2, dtype=torch.float64)
        if trust.sum() == 0:
            weights[n] = 1.0
            return weights
        weights[:n] = trust * lengths[n] / safe / trust.sum()
        weights[n + 1] = 1.0 - weights[:n].sum()
        return weights
