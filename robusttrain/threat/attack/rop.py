"""ROP: sends a row at an angle to the last aggregate, in the same direction at every step."""

import math
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from robusttrain.threat.attack.alie import published_z
from robusttrain.threat.attack.base import Attack
from robusttrain.threat.knowledge import Knowledge
from robusttrain.values import check_finite


@dataclass(frozen=True)
class Rop(Attack):
    """row = pi c + (1 - pi) mu + z (sin(angle) p + cos(angle) u / |u|): relocated, perpendicular.

    c: [D], the last aggregate; 0 at step 0.
    mu: [D], the mean of the gradients the attacker knows.
    u: lambda c + (1 - lambda) mu; mu at step 0.
    p: the part of (1, ..., 1) that is orthogonal to u, at length 1.

    z: any finite number; None: ALIE's published value.
    pull: pi, in 0..1; published: 1.
    blend: lambda, in 0..1; published: 0.9.
    angle: in degrees; published: 270.
    lr: > 0, the learning rate; None: c gets the length of mu.
    ValueError: an argument out of its range.

    The rows of all steps drift in one direction, and a rule that clips around c at a radius
    >= z never clips them. Any worker can compute c from two broadcasts of the parameters: they
    moved by -lr c under plain SGD, and by -lr times its running mean under momentum.
    """

    z: float | None
    pull: float
    blend: float
    angle: float
    lr: float | None
    source: ClassVar[str] = (
        "Ozfatura, Ozfatura, Kupcu and Gunduz, Byzantines Can Also Learn from History (2022)"
    )
    needs_known: ClassVar[int] = 1

    def __post_init__(self) -> None:
        for key, published in (("pull", 1), ("blend", 0.9)):
            if not 0 <= getattr(self, key) <= 1:
                raise ValueError(
                    f"attack.{key}={getattr(self, key)} must be in 0..1; use {published}"
                )
        check_finite("attack.angle", self.angle, use=270)
        if self.z is not None:
            check_finite("attack.z", self.z, use=1)
        if self.lr is not None and not self.lr > 0:
            raise ValueError(f"attack.lr={self.lr} must be > 0, or null; use optimizer.lr")

    @property
    def memory(self) -> int:
        return 1

    def forge(self, knowledge: Knowledge) -> Tensor:
        z = published_z(knowledge.workers, knowledge.byzantine) if self.z is None else self.z
        mean = knowledge.known.mean(dim=0).double()
        last = self.aggregate(knowledge.previous, mean)
        centre = torch.zeros_like(mean) if last is None else last
        ahead = unit(self.blend * (mean if last is None else last) + (1 - self.blend) * mean)
        ones = torch.ones_like(mean)
        aside = unit(ones - (ones @ ahead) * ahead)
        radians = math.radians(self.angle)
        step = unit(math.sin(radians) * aside + math.cos(radians) * ahead)
        row = self.pull * centre + (1 - self.pull) * mean + z * step
        return row.to(knowledge.honest.dtype).expand_as(knowledge.honest)

    def aggregate(self, moved: Tensor | None, mean: Tensor) -> Tensor | None:
        """c [D], from the change `moved` [D] of the parameters; None if they did not move."""
        if moved is None or not moved.any():
            return None
        if self.lr is not None:
            return moved.double() / self.lr
        return unit(moved.double()) * mean.norm()


def unit(vector: Tensor) -> Tensor:
    """The vector [D] at length 1; 0 stays 0."""
    return vector / vector.norm().clamp_min(1e-300)
