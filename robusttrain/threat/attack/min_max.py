"""Min-Max: as far out as the farthest pair of honest gradients is apart."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from robusttrain.threat.attack.base import Attack, Knowledge, along, distances, gram

DIRECTIONS = ("unit", "sign", "std")


@dataclass(frozen=True)
class MinMax(Attack):
    """row = mu - gamma * p, gamma the largest with max_i |row - g_i| <= max_ij |g_i - g_j|.

    g_i are the gradients that the attacker knows of tasks that nobody lies about, mu their
    mean. direction: p is `unit`, mu / |mu|; `sign`, sign(mu); or `std`, the deviation of each
    coordinate. |mu - gamma p - g_i|^2 is quadratic in gamma, so gamma is the least of the n
    roots, in closed form: no search as in the published code.
    """

    direction: str
    source: ClassVar[str] = "Shejwalkar and Houmansadr, Manipulating the Byzantine (2021): Min-Max"
    needs_known: ClassVar[int] = 2

    def __post_init__(self) -> None:
        check_direction(self.direction)

    def forge(self, knowledge: Knowledge) -> Tensor:
        rows = knowledge.benign
        mean = rows.mean(dim=0)
        away = perturbation(rows, mean, self.direction)
        products = gram(rows, mean)
        length = float(away.double().square().sum())
        if length == 0:
            return mean.expand_as(knowledge.honest)
        slack = distances(products).max() - products.diagonal()
        towards = -along(rows, mean, away)
        gammas = (towards + (towards.square() + length * slack.clamp_min(0.0)).sqrt()) / length
        return (mean - float(gammas.min()) * away).expand_as(knowledge.honest)


def check_direction(direction: str) -> None:
    """Raise ValueError unless the direction is one of those published."""
    if direction not in DIRECTIONS:
        raise ValueError(
            f"attack.direction={direction} must be one of {', '.join(DIRECTIONS)}; use std"
        )


def perturbation(rows: Tensor, mean: Tensor, direction: str) -> Tensor:
    """[D]: p, against which the mean is moved; 0 where there is no such direction."""
    if direction == "std":
        return rows.std(dim=0, correction=0)
    if direction == "sign":
        return mean.sign()
    norm = torch.linalg.vector_norm(mean, dtype=torch.float64)
    return (mean / norm.clamp_min(1e-300)).to(mean.dtype)
