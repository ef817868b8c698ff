"""One bit is flipped, as faulty hardware does."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from torch import Tensor

from robusttrain.threat.bits import check_place, place
from robusttrain.threat.fault.base import Damage


@dataclass(frozen=True)
class BitFlip(Damage):
    """One bit of the worker's bytes is flipped, once.

    coordinate: which float32 (modulo their number); null: drawn.
    bit: 0..31 of it, 31 is the sign (ValueError); null: drawn.
    """

    coordinate: int | None = None
    bit: int | None = None
    source: ClassVar[str] = "Dixit et al., Silent Data Corruptions at Scale (2021)"

    def __post_init__(self) -> None:
        check_place(self.coordinate, self.bit)

    def damage(self, data: Tensor, rng: np.random.Generator) -> None:
        byte, mask = place(len(data), self.coordinate, self.bit, rng)
        data[byte] ^= mask
