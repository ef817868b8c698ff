"""Clipping of norms."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor

from robusttrain.defense.preaggregator.base import PreAggregator


@dataclass(frozen=True)
class Clipping(PreAggregator):
    """v_i <- v_i min(1, radius / ||v_i||).

    radius: float > 0, in the units of the vectors.
    Precondition: n >= 1.
    Bad vectors out: a bad one stays bad, but none is longer than `radius`.
    Passes: none beyond that of the Gram matrix.
    NaN, Inf: a row that holds one is left out before, and counted as bad.
    Source: static clipping as studied by Allouah, Guerraoui, Gupta, Jellouli, Rizk and Stephan,
        ARC (2025).

    >>> Clipping(radius=2.0)(torch.tensor([[1.0], [512.0]])).tolist()
    [[1.0], [2.0]]
    """

    radius: float = 2.0

    needs_gram: ClassVar[bool] = True
    needs_origin: ClassVar[bool] = True
    keeps_rows: ClassVar[bool] = True
    source: ClassVar[str] = "static clipping; see Allouah et al., ARC (2025)"
    repeats: ClassVar[bool] = False

    def __post_init__(self) -> None:
        if not self.radius > 0:
            raise ValueError(f"preaggregator.clipping.radius={self.radius} must be > 0; use 2")

    def mixing(self, n: int, gram: Tensor | None, rng: np.random.Generator) -> Tensor:
        assert gram is not None
        return torch.diag((self.radius / gram.diagonal().clamp(min=0).sqrt()).clamp(max=1.0))
