"""Fang's attack on the trimmed mean and the median."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor

from robusttrain.threat.attack.base import Attack, Knowledge


@dataclass(frozen=True)
class FangTrimmedMean(Attack):
    """row_j ~ uniform beyond the honest extreme that lies against s_j = sign(sum_i g_ij).

    Omniscient, with M and m the largest and smallest honest value in coordinate j:

        s_j < 0:  [M, b M] if M > 0, else [M, M / b]      else:  [b m, m] if m < 0, else [m / b, m]

    With less knowledge, mu and sigma being over what is known: [mu + 3 sigma, mu + 4 sigma] if
    s_j < 0, else [mu - 4 sigma, mu - 3 sigma]. b > 1, published: 2. Drawn for each step and task;
    colluders draw the same. Fang's s is of the change of the model, which has the other sign.
    """

    b: float
    source: ClassVar[str] = (
        "Fang, Cao, Jia and Gong, Local Model Poisoning Attacks (2020): trimmed mean and median"
    )
    needs_known: ClassVar[int] = 2

    def __post_init__(self) -> None:
        if not 1 < self.b < float("inf"):
            raise ValueError(f"attack.b={self.b} must be > 1 and finite; use 2")

    def forge(self, knowledge: Knowledge) -> Tensor:
        near, far = self.bounds(knowledge.benign, knowledge.omniscient)
        rows = torch.empty_like(knowledge.honest)
        for row, rng in zip(rows, knowledge.streams("fang_trimmed_mean"), strict=True):
            row.copy_(torch.from_numpy(rng.random(len(row), dtype=np.float32)))
        return torch.lerp(near, far, rows)

    def bounds(self, rows: Tensor, extremes: bool) -> tuple[Tensor, Tensor]:
        """[D] each: the ends of the interval nearer to the honest values, and farther."""
        mean = rows.mean(dim=0)
        up = mean < 0
        if not extremes:
            spread = rows.std(dim=0, correction=0) * torch.where(up, 1.0, -1.0)
            return mean + 3 * spread, mean + 4 * spread
        near = torch.where(up, rows.amax(dim=0), rows.amin(dim=0))
        return near, torch.where((near > 0) == up, near * self.b, near / self.b)
