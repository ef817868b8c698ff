"""One bit is always the same, as that of a faulty unit."""

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
from torch import Tensor

from robusttrain.threat.bits import check_place, place
from robusttrain.threat.fault.base import Damage


@dataclass(frozen=True)
class Stuck(Damage):
    """One bit is `level` whatever it should be, in this step and all later ones.

    coordinate: which float32 (modulo their number, in each message, or in each sample of an
        activation); null: drawn in each step.
    bit: 0..31 of it, 31 is the sign (ValueError); null: drawn in each step.
    level: 0 or 1 (ValueError).
    """

    coordinate: int | None = 0
    bit: int | None = 30
    level: int = 1
    source: ClassVar[str] = "Hochschild et al., Cores That Don't Count (2021)"
    span: ClassVar[Literal["run"]] = "run"

    def __post_init__(self) -> None:
        check_place(self.coordinate, self.bit)
        if self.level not in (0, 1):
            raise ValueError("level must be 0 or 1; use 1")

    def damage(self, data: Tensor, rng: np.random.Generator) -> None:
        byte, mask = place(len(data), self.coordinate, self.bit, rng)
        data[byte] = data[byte] | mask if self.level else data[byte] & (255 - mask)
