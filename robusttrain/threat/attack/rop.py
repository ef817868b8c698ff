"""ROP: step off at a right angle to the last aggregate, the same way every time."""

import math
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from robusttrain.threat.attack.alie import published_z
from robusttrain.threat.attack.base import Attack, Knowledge, check_finite


@dataclass(frozen=True)
class Rop(Attack):
    """row = pi c + (1 - pi) mu + z (sin(angle) p + cos(angle) u / |u|): relocated, perpendicular.

    c: the last aggregate (0 at first); mu: the mean of the gradients the attacker knows;
    u = lambda c + (1 - lambda) mu (mu at first); p: the part of (1, ..., 1) that is orthogonal to
    u, of length 1. So the drift has one direction at all times, and a rule that clips
    around c at a radius >= z never clips it.

    Any worker can tell c from two broadcasts of the parameters: they moved by -lr c if the
    optimizer is plain SGD, with momentum by -lr times its running mean. lr > 0: that
    learning rate; None: c gets the length of mu. z: None for ALIE's published value;
    pull: pi, blend: lambda, both in 0..1; angle in degrees. Published: 1, 0.9 and 270.
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
        """The last aggregate [D] as the parameters tell it; None if they did not move."""
        if moved is None or not moved.any():
            return None
        if self.lr is not None:
            return moved.double() / self.lr
        return unit(moved.double()) * mean.norm()


def unit(vector: Tensor) -> Tensor:
    """The vector at length 1; 0 stays 0."""
    return vector / vector.norm().clamp_min(1e-300)
