"""Infinity, against the gradient (`inf` itself would be a float on Hydra's command line)."""

import math
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from robusttrain.threat.attack.base import Attack, View


@dataclass(frozen=True)
class Infs(Attack):
    """row = -inf where gradient >= 0, else +inf: what `reversed` tends to as its scale grows.

    Convicts whoever committed to the row, once it is pulled. For one sign everywhere use
    attack=constant attack.value=inf.
    """

    reference: ClassVar[str] = "the library ByzFL (2025), with +inf everywhere"

    def forge(self, view: View) -> Tensor:
        return torch.full_like(view.honest, math.inf).where(view.honest < 0, -math.inf)
