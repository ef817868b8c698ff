"""Sends infinities, against the gradient (`inf` would be a float on Hydra's command line)."""

import math
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from robusttrain.threat.attack.base import Attack
from robusttrain.threat.knowledge import Knowledge


@dataclass(frozen=True)
class Infs(Attack):
    """row = -inf where gradient >= 0, else +inf: the limit of `reversed` as its scale grows.

    Convicts every worker that committed to the row, once the row is pulled. For one sign
    everywhere use attack=constant attack.value=inf.
    """

    source: ClassVar[str] = "the library ByzFL (2025), with +inf everywhere"

    def forge(self, knowledge: Knowledge) -> Tensor:
        return torch.full_like(knowledge.honest, math.inf).where(knowledge.honest < 0, -math.inf)
