"""MixTailor: a rule drawn from a pool at every step."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from torch import Tensor

from robusttrain.defense.aggregator.base import Rule
from robusttrain.defense.streaming.assumption import check_assumed, told
from robusttrain.defense.streaming.incoming import Incoming


@dataclass(frozen=True)
class MixTailor(Rule):
    """One of `rules`, drawn anew at every step, each as likely, so that no attack fits all.

    The draw comes from the server's generator, which no worker can predict as long
    as defense.secret is null; a plain call without a generator draws that of seed 0.

    rules: at least one rule.
    f: int >= 0 or None. Given to those whose own f is null.
    Precondition: what every rule of the pool needs.
    Breakdown: that of the least robust rule of the pool.
    Passes: those of the rule drawn, and its memory.
    NaN, Inf: as the rule drawn does.
    Source: Ramezani-Kebrya, Tabrizian, Faghri and Popovski (2022).

    >>> from robusttrain.defense.aggregator.median import Median
    >>> from robusttrain.defense.aggregator.krum import Krum
    >>> MixTailor([Median(), Krum(f=None)], f=2).tolerates(9)
    2
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
        """The rules, told what f is; ValueError if it is no whole number."""
        if self.f is None:
            return tuple(self.rules)
        check_assumed(self, "aggregator.f")
        return tuple(told(rule, self.f) for rule in self.rules)

    def check(self, n: int) -> None:
        for rule in self.pool:
            rule.check(n)

    def check_workers(self, workers: np.ndarray | None) -> None:
        for rule in self.rules:
            rule.check_workers(workers)

    @property
    def needs_root(self) -> bool:
        return any(rule.needs_root for rule in self.rules)

    def tolerates(self, n: int) -> int:
        return min(rule.tolerates(n) for rule in self.pool)

    def aggregate(self, vectors: Incoming) -> Tensor:
        """Draws before any stage does."""
        return self.pool[int(vectors.rng.integers(len(self.rules)))].aggregate(vectors)
