"""Fang's attack on Krum."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from robusttrain.threat.attack.base import Attack, Knowledge, along, check_whole, distances, gram

HALVINGS = 30
BISECTIONS = 30
SHY = 1 - 1e-6  # so that rounding to float32 does not tip the balance


@dataclass(frozen=True)
class FangKrum(Attack):
    """row = -lambda * sign(sum_i g_i), lambda the largest found with which Krum selects the row.

    g_i are the gradients that the attacker knows of tasks that nobody lies about. It plays Krum
    on those and as many copies of the row as there are tasks to forge. f: what Krum assumes;
    None: as many as are forged. lambda is halved from where Krum cannot select the row,

        (sqrt(min_i score(g_i) / (n - 2f - 1)) + max_i |g_i|) / sqrt(D),

    until it does, then bisected; in the paper it is only halved, and the copies differ a
    little. If Krum never does, the last lambda is sent.
    """

    f: int | None
    source: ClassVar[str] = "Fang, Cao, Jia and Gong, Local Model Poisoning Attacks (2020): Krum"
    needs_known: ClassVar[int] = 2

    def __post_init__(self) -> None:
        if self.f is not None:
            check_whole("attack.f", self.f, 0, use="Krum's own f, or null")

    def forge(self, knowledge: Knowledge) -> Tensor:
        rows = knowledge.benign
        way = rows.sum(dim=0).sign()
        copies = max(knowledge.forged, 1)
        game = Game.of(rows, way, copies, copies if self.f is None else self.f)
        return (-SHY * game.largest() * way).expand_as(knowledge.honest)


@dataclass(frozen=True, eq=False)
class Game:
    """Krum on n honest vectors g_i and `copies` of -lambda s, by inner products alone.

    norms [n] |g_i|^2; along [n] g_i . s; apart [n, n] the sorted squared distances of each
    honest vector to the others; length |s|^2; near: how many neighbours Krum counts.
    """

    norms: Tensor
    along: Tensor
    apart: Tensor
    length: float
    copies: int
    near: int

    @classmethod
    def of(cls, rows: Tensor, way: Tensor, copies: int, f: int) -> "Game":
        zero = torch.zeros_like(way)
        products = gram(rows, zero)
        apart = (
            distances(products).fill_diagonal_(float("inf")).sort(dim=1).values[:, :-1].contiguous()
        )
        near = min(max(len(rows) + copies - f - 2, 1), len(rows) + copies - 1)
        norms, length = products.diagonal(), float(way.double().square().sum())
        return cls(norms, along(rows, zero, way), apart, length, copies, near)

    def selects(self, scale: float) -> bool:
        """Whether a forged vector's score is less than that of each honest one."""
        size = self.norms + 2 * scale * self.along + scale**2 * self.length
        others = min(self.copies - 1, self.near)
        forged = size.sort().values[: self.near - others].sum()
        # An honest vector counts those honest ones that are nearer than the copies, then the
        # copies, then honest ones again: of the latter a prefix in any case.
        closer = torch.searchsorted(self.apart, size[:, None])[:, 0].clamp_max(self.near)
        lies = (self.near - closer).clamp_max(self.copies)
        sums = torch.nn.functional.pad(self.apart.cumsum(dim=1), (1, 0))
        honest = sums.gather(1, (self.near - lies)[:, None])[:, 0] + lies * size
        return bool(forged < honest.min())

    def largest(self) -> float:
        """The largest scale that is selected, as far as halving and bisecting find it."""
        if self.length == 0:
            return 0.0
        score = float(self.apart[:, : self.near].sum(dim=1).min())
        honest = max(self.near - self.copies + 1, 1)
        low = ((score / honest) ** 0.5 + float(self.norms.max()) ** 0.5) / self.length**0.5
        high = low
        for _ in range(HALVINGS):
            if self.selects(low):
                break
            low, high = low / 2, low
        else:
            return low
        for _ in range(BISECTIONS):
            middle = (low + high) / 2
            low, high = (middle, high) if self.selects(middle) else (low, middle)
        return low
