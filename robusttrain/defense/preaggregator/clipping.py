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

    radius > 0, in the units of the vectors. Any vector that comes out is at most that long; a
    bad one stays bad. No extra pass beyond that of the Gram matrix. Source: static clipping as
    studied by Allouah, Guerraoui, Gupta, Jellouli, Rizk and Stephan, ARC (2025).
    """

    radius: float = 2.0

    needs_gram: ClassVar[bool] = True
    needs_origin: ClassVar[bool] = True
    source: ClassVar[str] = "static clipping; see Allouah et al., ARC (2025)"
    repeats: ClassVar[bool] = False

    def __post_init__(self) -> None:
        if not self.radius > 0:
            raise ValueError(f"preaggregator.clipping.radius={self.radius} must be > 0; use 2")

    def mixing(self, n: int, gram: Tensor | None, rng: np.random.Generator) -> Tensor:
        assert gram is not None
        return torch.diag((self.radius / gram.diagonal().clamp(min=0).sqrt()).clamp(max=1.0))
