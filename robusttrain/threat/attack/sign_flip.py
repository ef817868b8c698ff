"""Sends its true gradient with the sign flipped."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from robusttrain.threat.attack.base import Attack
from robusttrain.threat.knowledge import Knowledge


@dataclass(frozen=True)
class SignFlip(Attack):
    """row = -gradient. Its norm is the true one, so no rule can tell it by the norm."""

    source: ClassVar[str] = "Li, Xu, Chen, Giannakis and Ling, RSA (2019)"

    def forge(self, knowledge: Knowledge) -> Tensor:
        return -knowledge.honest
