"""The worker's bytes are random."""

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
import torch
from torch import Tensor

from robusttrain.threat.fault.base import Damage


@dataclass(frozen=True)
class Garble(Damage):
    """All bytes of the worker in this phase are drawn at random; their number is right."""

    source: ClassVar[str] = "Stone and Partridge, When the CRC and TCP Checksum Disagree (2000)"
    span: ClassVar[Literal["phase"]] = "phase"

    def damage(self, data: Tensor, rng: np.random.Generator) -> None:
        data.copy_(torch.from_numpy(rng.integers(256, size=len(data), dtype=np.uint8)))
