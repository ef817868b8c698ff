"""Infinity, against the gradient (`inf` itself would be a float on Hydra's command line)."""

import math
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from robusttrain.threat.attack.base import Attack, Knowledge


@dataclass(frozen=True)
class Infs(Attack):
    """row = -inf where gradient >= 0, else +inf: what `reversed` tends to as its scale grows.

    Convicts whoever committed to the row, once it is pulled. For one sign everywhere use
    attack=constant attack.value=inf.
    """

    source: ClassVar[str] = "the library ByzFL (2025), with +inf everywhere"

    def forge(self, knowledge: Knowledge) -> Tensor:
        return torch.full_like(knowledge.honest, math.inf).where(knowledge.honest < 0, -math.inf)
