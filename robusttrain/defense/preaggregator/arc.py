"""Adaptive robust clipping."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from robusttrain.defense.preaggregator.base import Assuming


@dataclass(frozen=True)
class Arc(Assuming):
    """The k longest vectors are clipped to the length of the longest of the others.

        k = floor(2 (f/n) (n-f)),   v_i <- v_i min(1, C / ||v_i||),   C the (k+1)-th largest norm.

    The threshold follows the data, so that clipping does not cost the guarantees of the rule.

    f: int >= 0. Bad vectors assumed; None: as many as n allows.
    Precondition: n >= 2f+1.
    Bad vectors out: a bad one stays bad, but none is longer than the longest honest one, as
        k >= f.
    Passes: none beyond that of the Gram matrix.
    NaN, Inf: a row that holds one is left out before, and counted as bad.
    Source: Allouah, Guerraoui, Gupta, Jellouli, Rizk and Stephan (2025).

    >>> Arc(f=1)(torch.tensor([[1.0], [2.0], [512.0]])).tolist()
    [[1.0], [2.0], [2.0]]
    """

    needs_origin: ClassVar[bool] = True
    keeps_rows: ClassVar[bool] = True
    source: ClassVar[str] = "Allouah, Guerraoui, Gupta, Jellouli, Rizk and Stephan (2025)"

    def matrix(self, gram: Tensor, f: int) -> Tensor:
        clipped = 2 * f * (len(gram) - f) // len(gram)
        norms = gram.diagonal().clamp(min=0).sqrt()
        limit = norms.sort(descending=True).values[clipped]
        factors = torch.where(norms > limit, limit / norms, torch.ones_like(norms))
        return torch.diag(factors)
