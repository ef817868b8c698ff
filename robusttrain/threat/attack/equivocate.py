"""Commits to its true gradient and sends another row."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from robusttrain.threat.attack.base import Attack
from robusttrain.threat.knowledge import Knowledge


@dataclass(frozen=True)
class Equivocate(Attack):
    """Commits to the gradient and delivers row = -scale * gradient.

    scale: any number but -1, which would deliver what was committed to (ValueError).

    No vote can see it, since all commitments agree; checking a block against its digest does.
    """

    scale: float
    source: ClassVar[str] = "Lamport, Shostak and Pease, The Byzantine Generals Problem (1982)"

    def __post_init__(self) -> None:
        if self.scale == -1:
            raise ValueError("attack.scale=-1 would send what was committed to; use 100")

    def forge(self, knowledge: Knowledge) -> Tensor:
        return knowledge.honest.clone()

    def deliver(self, rows: Tensor) -> Tensor:
        return -self.scale * rows
