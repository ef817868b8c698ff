"""Fang's attack on trimmed mean and median: sends values beyond the honest extremes."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor

from robusttrain.threat.attack.base import Attack
from robusttrain.threat.knowledge import Knowledge


@dataclass(frozen=True)
class FangTrimmedMean(Attack):
    """row_j ~ uniform beyond the honest extreme on the side against s_j = sign(sum_i g_ij).

    g_i: the gradients that the attacker knows of spared tasks. Omniscient, with M and m the
    largest and the smallest g_ij of coordinate j, row_j is drawn from

        s_j < 0:  [M, b M] if M > 0, else [M, M / b]      else:  [b m, m] if m < 0, else [m / b, m]

    with less knowledge, by mean mu and deviation sigma of the g_ij, from

        s_j < 0:  [mu + 3 sigma, mu + 4 sigma]            else:  [mu - 4 sigma, mu - 3 sigma].

    b: > 1 and finite (ValueError); published: 2.

    Drawn for each step and task; colluders draw the same. Fang's s is the sign of the change of
    the model, which is the opposite.
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
        inner, outer = self.bounds(knowledge.benign, knowledge.omniscient)
        rows = torch.empty_like(knowledge.honest)
        for row, rng in zip(rows, knowledge.streams("fang_trimmed_mean"), strict=True):
            row.copy_(torch.from_numpy(rng.random(len(row), dtype=np.float32)))
        return torch.lerp(inner, outer, rows)

    def bounds(self, rows: Tensor, extremes: bool) -> tuple[Tensor, Tensor]:
        """The ends of the intervals, [D] each: the inner, next to the g_ij, and the outer.

        rows: [n, D] float. The g_i.
        extremes: bool. By the extremes; False: by mean and deviation.
        """
        mean = rows.mean(dim=0)
        up = mean < 0
        if not extremes:
            spread = rows.std(dim=0, correction=0) * torch.where(up, 1.0, -1.0)
            return mean + 3 * spread, mean + 4 * spread
        inner = torch.where(up, rows.amax(dim=0), rows.amin(dim=0))
        return inner, torch.where((inner > 0) == up, inner * self.b, inner / self.b)
