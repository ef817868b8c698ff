"""Aggregation rules in kinds, each callable on a matrix and on streamed blocks.

Coordinate rules reduce a block [n, b] to [b] and see each block once. Gram rules return a
weighted sum of the vectors, with weights that depend on inner products alone: one pass
accumulates the Gram matrix, the iteration runs in n-space, one more pass forms the sum.
Selection rules choose vectors by the Gram matrix and reduce those coordinate by coordinate.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor

from robusttrain.defense.preaggregator.base import (
    PreAggregator,
    Recurrent,
    Undefined,
    mixed,
    name_of,
    require,
    split,
)
from robusttrain.defense.streaming.coordinates import Chosen, checked, joined, reduced, reduced_mix
from robusttrain.defense.streaming.memory import Memory, fewer
from robusttrain.defense.streaming.mixture import Mixture, compose


class Rule(ABC):
    """An aggregation rule, immutable but for its memory; it takes n vectors, n >= 1.

    `f` where it has one is the number of bad vectors assumed. A vector (in a coordinate rule: a
    value) that is not finite is left out and counted as bad: the rule goes on with n - k
    vectors and max(0, f - k). Huge finite ones do not overflow.
    """

    kind: ClassVar[str]
    source: ClassVar[str]
    precondition: ClassVar[str] = "n >= 1"
    breakdown: ClassVar[str]
    instead: ClassVar[str] = "median"  # what to use where the precondition fails
    # What the contract tests hold it to:
    permutes: ClassVar[bool] = True  # the order of the vectors is irrelevant
    repeats: ClassVar[bool] = True  # identical vectors give that vector
    translates: ClassVar[bool] = True  # A(v + t) = A(v) + t
    scales: ClassVar[bool] = True  # A(a v) = a A(v), also for a < 0
    averages: ClassVar[bool] = False  # f = 0 is the mean

    @property
    def name(self) -> str:
        """The name in the configuration."""
        return name_of(self)

    @property
    def bad(self) -> int:
        """f; 0 for a rule without."""
        return getattr(self, "f", None) or 0

    def least(self) -> int:
        """The smallest n that the rule is defined for."""
        return 2 * self.bad + 1

    def check(self, n: int) -> None:
        """Raise ValueError, with the remedy, if the rule is not defined for n vectors."""
        if getattr(self, "f", 0) is None:
            raise ValueError(f"{self.name} needs a number f >= 0; got f=null; set aggregator.f")
        if self.bad < 0 or n < self.least():
            raise self.refusal(n)

    def refusal(self, n: int) -> Undefined:
        """What to say where the precondition fails for n vectors."""
        own = {k: getattr(self, k, None) for k in ("f", "c", "m", "trusted_row", "tolerated")}
        given = {k: v for k, v in own.items() if v is not None}
        got = ", ".join(f"{k}={v}" for k, v in {"n": n, **given}.items())
        lower = "lower aggregator.f, " if "f" in given else ""
        return Undefined(
            f"{self.name} needs {self.precondition}; got {got}; {lower}use more buckets or tasks, "
            f"or use {self.instead}"
        )

    def tolerates(self, n: int) -> int:
        """How many of n vectors may be arbitrary while the output stays bounded."""
        return self.bad

    def drawn(self, rng: np.random.Generator) -> "Rule":
        """The rule that is applied this time."""
        return self

    def without(self, kept: Sequence[int], n: int) -> "Rule":
        """The rule for the vectors `kept` of n, the others having been found out."""
        less: Rule = fewer(self, n - len(kept))
        return less

    def __call__(
        self, vectors: Tensor, rng: np.random.Generator | None = None, remember: bool = False
    ) -> Tensor:
        """[n, d] floating -> [d]; ValueError on another shape, or if too few rows are finite.

        rng: for rules that draw; without it, the draw of seed 0. A rule with a memory starts
        from its initial state and forgets this call, unless it is told to `remember`.
        """
        require(self, vectors)
        return combine([vectors], self, (), rng, remember)


class CoordinateRule(Rule):
    """A rule that treats every coordinate alone."""

    kind: ClassVar[str] = "coordinate"
    # reduce() takes any floating dtype and any number of columns, and a value that is not finite
    # makes its column of the output so: nothing need be checked or cut up beforehand.
    spreads: ClassVar[bool] = False

    @abstractmethod
    def reduce(self, block: Tensor) -> Tensor:
        """[n, b] -> [b], of finite values; the order of the rows is irrelevant."""

    def shares(self, n: int) -> Tensor | None:
        """w [n] float64 if the output is sum_i w_i v_i whatever the vectors are."""
        return None


@dataclass(frozen=True, eq=False)
class Sight:
    """What a Gram rule may go by, and the generator for those that draw.

    gram [n+a, n+a]: of n vectors and the rule's anchors, about any centre. features [n, k]:
    the sum over the blocks of what `describe` says. first: nothing is remembered yet.
    """

    gram: Tensor
    rng: np.random.Generator
    features: Tensor | None = None
    first: bool = True


class GramRule(Rule):
    """A rule whose output is sum_i w_i v_i, with sum_i w_i = 1.

    anchors: vectors that join the sum and follow the n in the Gram matrix: "centre" (the last
    output, the origin at first), "history" (n vectors, the sums of all that came before in
    each place; weightless) and "origin" (zero).
    """

    kind: ClassVar[str] = "gram"
    anchors: ClassVar[tuple[str, ...]] = ()
    describes: ClassVar[bool] = False

    @abstractmethod
    def weights(self, gram: Tensor) -> Tensor:
        """w [n+a] float64 from the Gram matrix [n+a, n+a], about any centre."""

    def weigh(self, sight: Sight) -> Tensor:
        """The same for a rule that goes by more than the Gram matrix."""
        return self.weights(sight.gram)

    def describe(self, block: Tensor) -> Tensor:
        """[n, b] -> [n, k], summed over the blocks for `weigh`."""
        raise NotImplementedError

    def noise(self, gram: Tensor) -> float:
        """The deviation of Gaussian noise that is added to every coordinate."""
        return 0.0


class SelectionRule(Rule):
    """A rule that chooses vectors by the Gram matrix, then reduces them per coordinate."""

    kind: ClassVar[str] = "selection"
    spreads: ClassVar[bool] = False  # as in a coordinate rule

    @abstractmethod
    def select(self, gram: Tensor) -> list[int]:
        """The rows that are kept."""

    @abstractmethod
    def reduce(self, block: Tensor) -> Tensor:
        """[k, b] of the kept rows -> [b]."""


class WholeRule(Rule):
    """A rule that is given the matrix of all finite vectors at once."""

    kind: ClassVar[str] = "whole"

    @abstractmethod
    def whole(self, matrix: Tensor) -> Tensor:
        """[n, d], a copy that may be written to -> [d]."""


def combine(
    blocks: Iterable[Tensor],
    rule: Rule,
    stages: Sequence[PreAggregator] = (),
    rng: np.random.Generator | None = None,
    remember: bool = True,
) -> Tensor:
    """The rule on the pre-aggregated vectors: blocks [n, b] in order -> [d].

    Reads `blocks` once. Memory: one block where neither the rule nor a pre-aggregator needs
    the Gram matrix; otherwise the blocks are kept, already mixed as far as that goes without
    it. What rule and stages remember changes only if all goes well. Raises ValueError if the
    rule is not defined for the number of (finite) vectors.
    """
    rng = rng or np.random.default_rng(0)
    rule = rule.drawn(rng)
    stream, linear = checked(blocks), list[PreAggregator]()
    for stage in stages:
        if isinstance(stage, Recurrent):
            stream = stage.advance(mixed(stream, linear, rng), remember)
            linear = []
        else:
            linear.append(stage)
    if "history" in getattr(rule, "anchors", ()):  # of the vectors that reach the rule
        stream, linear = mixed(stream, linear, rng), []
    early, late = split(linear)
    if isinstance(rule, CoordinateRule) and not late:
        return joined(streamed(rule, stream, early, rng))
    stream = mixed(stream, early, rng)
    mixture = Mixture.of(stream, getattr(rule, "anchors", ()), memory_of(rule, remember), late)
    rule = rule.without(mixture.sound, mixture.rows)
    mixture.compose([fewer(stage, mixture.rows - len(mixture.sound)) for stage in late], rng)
    rule.check(len(mixture.matrix))
    if isinstance(rule, CoordinateRule):
        return mixture.reduce(rule)
    if isinstance(rule, SelectionRule):
        mixture.select(rule.select(mixture.gram))
        return mixture.reduce(Chosen(rule))
    if isinstance(rule, WholeRule):
        return rule.whole(torch.cat(list(mixture.blocks()), dim=1))
    assert isinstance(rule, GramRule)
    features = mixture.sum(rule.describe) if rule.describes else None
    weights = rule.weigh(Sight(mixture.gram, rng, features, mixture.first))
    out = mixture.weighted(weights, rule.noise(mixture.gram), rng)
    if remember:
        mixture.remember(out)
    return out


def memory_of(rule: Any, remember: bool) -> Memory:
    """The rule's memory; an empty one if it has none, or is not to use it."""
    found: Memory = rule.memory if remember and hasattr(rule, "memory") else Memory()
    return found


def streamed(
    rule: CoordinateRule,
    blocks: Iterator[Tensor],
    stages: Sequence[PreAggregator],
    rng: np.random.Generator,
) -> Iterator[Tensor]:
    """The rule on each block after `stages`, none of which needs the Gram matrix."""
    matrix = None
    for block in blocks:
        if stages and matrix is None:
            matrix, _ = compose(stages, len(block), None, rng)
        yield reduced(rule, block) if matrix is None else reduced_mix(rule, matrix, block)
