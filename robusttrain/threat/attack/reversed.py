"""Sends its true gradient reversed and scaled."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from robusttrain.threat.attack.base import Attack
from robusttrain.threat.knowledge import Knowledge


@dataclass(frozen=True)
class Reversed(Attack):
    """row = -scale * gradient.

    scale: > 0 (ValueError); published: 100.
    """

    scale: float
    source: ClassVar[str] = "Konstantinidis and Ramamoorthy, Aspis (2021)"

    def __post_init__(self) -> None:
        if not self.scale > 0:
            raise ValueError(f"attack.scale={self.scale} must be > 0; use 100")

    def forge(self, knowledge: Knowledge) -> Tensor:
        return -self.scale * knowledge.honest
