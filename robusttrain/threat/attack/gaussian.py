"""Sends Gaussian noise."""

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor

from robusttrain.threat.attack.base import Attack
from robusttrain.threat.knowledge import Knowledge
from robusttrain.values import check_finite


@dataclass(frozen=True)
class Gaussian(Attack):
    """row ~ N(mean, sigma^2) in every coordinate, drawn afresh for each step and task.

    mean: finite; published: 0.
    sigma: > 0 and finite; published: 200.
    ValueError: mean or sigma is out of range.

    Colluders draw the same row for the same task, as from a seed that they share.
    """

    mean: float
    sigma: float
    source: ClassVar[str] = (
        "Blanchard, El Mhamdi, Guerraoui and Stainer, Machine Learning with Adversaries (2017)"
    )

    def __post_init__(self) -> None:
        check_finite("attack.mean", self.mean, use=0)
        if not 0 < self.sigma < math.inf:
            raise ValueError(f"attack.sigma={self.sigma} must be > 0 and finite; use 200")

    def forge(self, knowledge: Knowledge) -> Tensor:
        rows = torch.empty_like(knowledge.honest)
        for row, rng in zip(rows, knowledge.streams("gaussian"), strict=True):
            row.copy_(torch.from_numpy(rng.standard_normal(len(row), dtype=np.float32)))
        return rows.mul_(self.sigma).add_(self.mean)
