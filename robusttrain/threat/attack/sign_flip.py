"""The gradient with its sign flipped."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from robusttrain.threat.attack.base import Attack, Knowledge


@dataclass(frozen=True)
class SignFlip(Attack):
    """row = -gradient: as long as the truth, so no rule that goes by norms can tell."""

    source: ClassVar[str] = "Li, Xu, Chen, Giannakis and Ling, RSA (2019)"

    def forge(self, knowledge: Knowledge) -> Tensor:
        return -knowledge.honest
