"""The truth, late."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from robusttrain.threat.attack.base import Attack, Knowledge


@dataclass(frozen=True)
class Slow(Attack):
    """row = gradient, `seconds` late: a straggler that makes everyone wait.

    0 < seconds < 1e6. A rank answers for all its workers at once, so those that share it
    are late too. Beyond runtime.deadline the rank is cut off for good.
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
