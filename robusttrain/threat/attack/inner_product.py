"""Inner product manipulation (Fall of Empires)."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from robusttrain.threat.attack.base import Attack, Knowledge


@dataclass(frozen=True)
class InnerProduct(Attack):
    """row = -epsilon * mean of the gradients the attacker knows.

    epsilon > 0: below about 1 it slips past distance-based rules, large values (100 in
    Aspis's code) drag a mean. Liars who only know their own tasks reverse the mean of those.
    """

    epsilon: float
    source: ClassVar[str] = "Xie, Koyejo and Gupta, Fall of Empires (2020)"
    needs_known: ClassVar[int] = 1

    def __post_init__(self) -> None:
        if not self.epsilon > 0:
            raise ValueError(f"attack.epsilon={self.epsilon} must be > 0; use 0.5")

    def forge(self, knowledge: Knowledge) -> Tensor:
        return (-self.epsilon * knowledge.known.mean(dim=0)).expand_as(knowledge.honest)
