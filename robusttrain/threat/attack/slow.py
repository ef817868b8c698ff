"""Sends its true gradient after a delay."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from robusttrain.threat.attack.base import Attack
from robusttrain.threat.knowledge import Knowledge


@dataclass(frozen=True)
class Slow(Attack):
    """row = gradient, `seconds` late: a straggler that the server waits for.

    seconds: 0 < seconds < 1e6 (ValueError). Beyond runtime.deadline the rank is lost for good.

    A rank answers for all its workers at once, so the other workers of the rank are late too.
    """

    seconds: float
    source: ClassVar[str] = "Dean and Barroso, The Tail at Scale (2013)"

    def __post_init__(self) -> None:
        if not 0 < self.seconds < 1e6:
            raise ValueError(f"attack.seconds={self.seconds} must be > 0 and < 1e6; use 1")

    @property
    def wait(self) -> float:
        return self.seconds

    def forge(self, knowledge: Knowledge) -> Tensor:
        return knowledge.honest.clone()
