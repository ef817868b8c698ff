"""Sends no commitment."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from robusttrain.threat.attack.base import Attack
from robusttrain.threat.knowledge import Knowledge


@dataclass(frozen=True)
class Silent(Attack):
    """No row: in a step in which it would forge any task, a worker commits to nothing.

    The worker is absent in that step, not convicted, and its rank goes on.
    """

    source: ClassVar[str] = "Lamport, Shostak and Pease, The Byzantine Generals Problem (1982)"
    collusive: ClassVar[bool] = False
    speaks: ClassVar[bool] = False

    def forge(self, knowledge: Knowledge) -> Tensor:
        return knowledge.honest.clone()
