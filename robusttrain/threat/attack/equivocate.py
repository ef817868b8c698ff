"""Commit to one row, send another."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from robusttrain.threat.attack.base import Attack, Knowledge


@dataclass(frozen=True)
class Equivocate(Attack):
    """Commits to the gradient and delivers row = -scale * gradient. scale: any number but -1.

    No vote can see it, since all copies agree; the digest of each block can.
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
