"""Nearest-neighbour mixing."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from robusttrain.defense.preaggregator.base import Assuming
from robusttrain.ops.gram import squared_distances


@dataclass(frozen=True)
class Nnm(Assuming):
    """Every vector becomes the mean of the n-f vectors nearest to it, itself included.

    Makes a rule's error of optimal order under unlike data.

    f: int >= 0. Bad vectors assumed; None: as many as n allows.
    Precondition: n >= 2f+1.
    Bad vectors out: at most f, those in the places of bad ones; the others differ from the honest
        mean by what a bad vector can hide in the honest spread.
    Passes: none beyond that of the Gram matrix.
    NaN, Inf: a row that holds one is left out before, and counted as bad.
    Source: Allouah, Farhadkhani, Guerraoui, Gupta, Pinot and Stephan (2023).

    >>> Nnm(f=1)(torch.tensor([[0.0], [1.0], [900.0]])).tolist()
    [[0.5], [0.5], [450.5]]
    """

    keeps_rows: ClassVar[bool] = True
    source: ClassVar[str] = "Allouah, Farhadkhani, Guerraoui, Gupta, Pinot and Stephan (2023)"

    def matrix(self, gram: Tensor, f: int) -> Tensor:
        n, count = len(gram), len(gram) - f
        apart = squared_distances(gram).fill_diagonal_(-1.0)
        nearest = apart.argsort(dim=1, stable=True)[:, :count]
        return torch.zeros(n, n, dtype=torch.float64).scatter_(1, nearest, 1.0 / count)
