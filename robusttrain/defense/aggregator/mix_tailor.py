"""MixTailor: a rule drawn from a pool at every step."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from robusttrain.defense.aggregator.base import Rule
from robusttrain.defense.streaming.assumption import told
from robusttrain.defense.streaming.incoming import Incoming


@dataclass(frozen=True)
class MixTailor(Rule):
    """One of `rules`, drawn anew at every step, each as likely, so that no attack fits all.

    rules: at least one. f: given to those whose own f is null. The draw comes from the server's
    generator, which is told to no worker as long as defense.secret is set; a plain call without
    a generator draws that of seed 0. n must do for every rule of the pool; as bounded as the
    least robust of them. Passes and memory are those of the rule drawn.
    Source: Ramezani-Kebrya, Tabrizian, Faghri and Popovski (2022).
    """

    rules: Sequence[Rule]
    f: int | None = None

    kind: ClassVar[str] = "pool"
    source: ClassVar[str] = "Ramezani-Kebrya, Tabrizian, Faghri and Popovski, MixTailor (2022)"
    precondition: ClassVar[str] = "what every rule of the pool needs"
    breakdown: ClassVar[str] = "the least of the pool's"

    def __post_init__(self) -> None:
        if not self.rules:
            raise ValueError("mix_tailor needs at least one rule in aggregator.rules; got none")

    @property
    def pool(self) -> tuple[Rule, ...]:
        """The rules, told what f is."""
        return tuple(rule if self.f is None else told(rule, self.f) for rule in self.rules)

    def check(self, n: int) -> None:
        for rule in self.pool:
            rule.check(n)

    def tolerates(self, n: int) -> int:
        return min(rule.tolerates(n) for rule in self.pool)

    def aggregate(self, vectors: Incoming) -> Tensor:
        """Draws before any stage does."""
        return self.pool[int(vectors.rng.integers(len(self.rules)))].aggregate(vectors)
