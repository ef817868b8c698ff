"""Fang's attack on Krum: sends the row farthest against the gradient that Krum still selects."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from robusttrain.ops.gram import along, centred_gram, squared_distances
from robusttrain.threat.attack.base import Attack
from robusttrain.threat.knowledge import Knowledge
from robusttrain.values import check_whole

HALVINGS = 30
BISECTIONS = 30
SHY = 1 - 1e-6  # so that Krum still selects the row after it is rounded to float32


@dataclass(frozen=True)
class FangKrum(Attack):
    """row = -lambda * sign(sum_i g_i), lambda the largest found with which Krum selects the row.

    g_i: the n gradients that the attacker knows of spared tasks. Krum is computed on those and
        on as many copies of the row as there are tasks to forge.
    f: what Krum assumes, >= 0; None: the number of tasks to forge.
    ValueError: f is out of range.

    lambda is halved from where Krum cannot select the row,

        (sqrt(min_i score(g_i) / (n - 2f - 1)) + max_i |g_i|) / sqrt(D),

    until it does, then bisected. If it never does, the last lambda is sent. In the paper
    lambda is only halved, and the copies differ a little.
    """

    f: int | None
    source: ClassVar[str] = "Fang, Cao, Jia and Gong, Local Model Poisoning Attacks (2020): Krum"
    needs_known: ClassVar[int] = 2

    def __post_init__(self) -> None:
        if self.f is not None:
            check_whole("attack.f", self.f, 0, use="Krum's own f, or null")

    def forge(self, knowledge: Knowledge) -> Tensor:
        rows = knowledge.benign
        signs = rows.sum(dim=0).sign()
        copies = max(knowledge.forged, 1)
        game = Game.of(rows, signs, copies, copies if self.f is None else self.f)
        return (-SHY * game.largest() * signs).expand_as(knowledge.honest)


@dataclass(frozen=True, eq=False)
class Game:
    """Krum on n honest vectors g_i and on copies of -lambda s, from inner products alone.

    norms: [n] float64. |g_i|^2.
    along: [n] float64. g_i . s.
    apart: [n, n-1] float64. Squared distances of each honest vector to the others, ascending.
    length: |s|^2.
    copies: number of copies, >= 1.
    neighbours: number of nearest vectors that Krum's score sums over.
    """

    norms: Tensor
    along: Tensor
    apart: Tensor
    length: float
    copies: int
    neighbours: int

    @classmethod
    def of(cls, rows: Tensor, signs: Tensor, copies: int, f: int) -> "Game":
        """rows: [n, D] float, the g_i. signs: [D], s. f: what Krum assumes."""
        origin = torch.zeros_like(signs)
        gram = centred_gram([rows], centre=origin)
        apart = squared_distances(gram).fill_diagonal_(float("inf")).sort(dim=1).values[:, :-1]
        n = len(rows) + copies
        return cls(
            norms=gram.diagonal(),
            along=along(rows, origin, signs),
            apart=apart.contiguous(),
            length=float(signs.double().square().sum()),
            copies=copies,
            neighbours=min(max(n - f - 2, 1), n - 1),
        )

    def selects(self, scale: float) -> bool:
        """Whether the score of a copy of -scale * s is less than that of each honest vector."""
        size = self.norms + 2 * scale * self.along + scale**2 * self.length
        others = min(self.copies - 1, self.neighbours)
        forged = size.sort().values[: self.neighbours - others].sum()
        # The neighbours of an honest vector: those honest ones that are nearer than the copies,
        # then the copies, then honest ones again; so the honest ones are a prefix of `apart`.
        closer = torch.searchsorted(self.apart, size[:, None])[:, 0].clamp_max(self.neighbours)
        lies = (self.neighbours - closer).clamp_max(self.copies)
        sums = torch.nn.functional.pad(self.apart.cumsum(dim=1), (1, 0))
        honest = sums.gather(1, (self.neighbours - lies)[:, None])[:, 0] + lies * size
        return bool(forged < honest.min())

    def largest(self) -> float:
        """The largest scale that is selected, as far as halving and bisecting find it."""
        if self.length == 0:
            return 0.0
        score = float(self.apart[:, : self.neighbours].sum(dim=1).min())
        honest = max(self.neighbours - self.copies + 1, 1)
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
