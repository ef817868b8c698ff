"""Attacks that move the mean of honest gradients against a direction, as far as a bound lets."""

from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from robusttrain.threat.attack.base import Attack
from robusttrain.threat.knowledge import Knowledge

DIRECTIONS = ("unit", "sign", "std")


@dataclass(frozen=True)
class Perturbation(Attack):
    """row = mu - gamma * p, with the largest gamma >= 0 that keeps to the bound of the subclass.

    mu is the mean of the gradients g_i [n, D] that the attacker knows of spared tasks.

    direction: what p is: `unit`, mu / |mu|; `sign`, sign(mu); `std`, the standard deviation of
        each coordinate. Where p = 0, the row is mu.
    ValueError: another direction.
    """

    direction: str
    needs_known: ClassVar[int] = 2

    def __post_init__(self) -> None:
        if self.direction not in DIRECTIONS:
            raise ValueError(
                f"attack.direction={self.direction} must be one of {', '.join(DIRECTIONS)}; use std"
            )

    def forge(self, knowledge: Knowledge) -> Tensor:
        rows = knowledge.benign
        mean = rows.mean(dim=0)
        away = perturbation(rows, mean, self.direction)
        length = float(away.double().square().sum())
        row = mean if length == 0 else mean - self.gamma(rows, mean, away, length) * away
        return row.expand_as(knowledge.honest)

    @abstractmethod
    def gamma(self, rows: Tensor, mean: Tensor, away: Tensor, length: float) -> float:
        """The largest gamma within the bound.

        rows: [n, D] float, the g_i. mean: [D], mu. away: [D], p. length: |p|^2 > 0.
        """


def perturbation(rows: Tensor, mean: Tensor, direction: str) -> Tensor:
    """p [D], of `DIRECTIONS`, for rows [n, D] and their mean [D]; 0 where there is none."""
    if direction == "std":
        return rows.std(dim=0, correction=0)
    if direction == "sign":
        return mean.sign()
    norm = torch.linalg.vector_norm(mean, dtype=torch.float64)
    return (mean / norm.clamp_min(1e-300)).to(mean.dtype)
