"""Inner product manipulation: sends the mean of the known gradients, reversed and scaled."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from robusttrain.threat.attack.base import Attack
from robusttrain.threat.knowledge import Knowledge


@dataclass(frozen=True)
class InnerProduct(Attack):
    """row = -epsilon * mean of the gradients the attacker knows.

    epsilon: > 0 (ValueError). Below about 1 rules that go by distances select it; large values
        (100 in Aspis's code) move a mean.

    Workers that know their own tasks only reverse the mean of those.
    """

    epsilon: float
    source: ClassVar[str] = "Xie, Koyejo and Gupta, Fall of Empires (2020)"
    needs_known: ClassVar[int] = 1

    def __post_init__(self) -> None:
        if not self.epsilon > 0:
            raise ValueError(f"attack.epsilon={self.epsilon} must be > 0; use 0.5")

    def forge(self, knowledge: Knowledge) -> Tensor:
        return (-self.epsilon * knowledge.known.mean(dim=0)).expand_as(knowledge.honest)
