"""The same number in every coordinate."""

from dataclasses import dataclass

import torch
from torch import Tensor

from robusttrain.attack.base import Attack, View


@dataclass(frozen=True)
class Constant(Attack):
    """row = value * (1, ..., 1). Any number, NaN and infinities included; published: -100."""

    value: float

    def forge(self, view: View) -> Tensor:
        return torch.full_like(view.honest, self.value)
