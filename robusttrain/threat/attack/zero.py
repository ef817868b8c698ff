"""Sends zeros."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from robusttrain.threat.attack.base import Attack
from robusttrain.threat.knowledge import Knowledge


@dataclass(frozen=True)
class Zero(Attack):
    """row = 0: a worker that does no work (free rider)."""

    source: ClassVar[str] = "Lin, Du and Liu, Free-riders in Federated Learning (2019)"

    def forge(self, knowledge: Knowledge) -> Tensor:
        return torch.zeros_like(knowledge.honest)
