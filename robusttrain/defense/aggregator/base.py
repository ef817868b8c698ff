"""Aggregation rules in three kinds, each callable on a matrix and on streamed blocks.

Coordinate rules reduce a block [n, b] to [b] and see each block once. Gram rules return a
weighted sum of the vectors, with weights that depend on inner products alone: one pass
accumulates the Gram matrix, the iteration runs in n-space, one more pass forms the sum.
Selection rules choose vectors by the Gram matrix and reduce those coordinate by coordinate.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from typing import ClassVar, Self

import numpy as np
from torch import Tensor

from robusttrain.defense.preaggregator.base import PreAggregator, Undefined
from robusttrain.defense.streaming.assumption import check_assumed, fewer
from robusttrain.defense.streaming.coordinates import Chosen, checked
from robusttrain.defense.streaming.identity import check_root, single
from robusttrain.defense.streaming.incoming import Incoming
from robusttrain.defense.streaming.memory import memory_of
from robusttrain.defense.streaming.mixture import GramInputs, Mixture
from robusttrain.defense.vectors import Array, applied, as_tensor
from robusttrain.names import name_of

__all__ = ["CoordinateRule", "GramInputs", "GramRule", "Rule", "SelectionRule", "combine"]


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
        f = getattr(self, "f", None)
        return 0 if f is None else f

    def least(self) -> int:
        """The smallest n that the rule is defined for."""
        return 2 * self.bad + 1

    def check(self, n: int) -> None:
        """Raise ValueError, with the remedy, if the rule is not defined for n vectors."""
        check_assumed(self, "aggregator.f")
        if n < self.least():
            raise self.refusal(n)

    def refusal(self, n: int) -> Undefined:
        """What to say where the precondition fails for n vectors."""
        own = {k: getattr(self, k, None) for k in ("f", "c", "m", "tolerated")}
        given = {k: v for k, v in own.items() if v is not None}
        values = ", ".join(f"{k}={v}" for k, v in {"n": n, **given}.items())
        lower = "lower aggregator.f, " if "f" in given else ""
        return Undefined(
            f"{self.name} needs {self.precondition}; got {values}; {lower}use more buckets or "
            f"tasks, or use {self.instead}"
        )

    def check_workers(self, workers: np.ndarray | None) -> None:
        """Raise ValueError, with the remedy, if the rule must know whose vectors come and does not.

        workers: [n] int. Whose each vector is; None: each stands for several workers.
        """
        if "history" in getattr(self, "anchors", ()):
            single(self, workers)

    @property
    def needs_root(self) -> bool:
        """Whether the rule goes by a vector of the server's own."""
        return "root" in getattr(self, "anchors", ())

    def tolerates(self, n: int) -> int:
        """How many of n vectors may be arbitrary while the output stays bounded."""
        return self.bad

    @abstractmethod
    def aggregate(self, vectors: Incoming) -> Tensor:
        """The rule on vectors that come as blocks: [d]. One way for each kind of rule."""

    def confined(self, mixture: Mixture) -> Self:
        """The rule for the vectors that are finite; Undefined if it is not defined for so many."""
        rule = self.without(mixture.sound, mixture.rows)
        rule.check(len(mixture.matrix))
        return rule

    def without(self, kept: Sequence[int], n: int) -> Self:
        """The rule for the vectors `kept` of n, the others having been found out."""
        less: Self = fewer(self, n - len(kept))
        return less

    def __call__(
        self,
        vectors: Array | list[Array] | tuple[Array, ...],
        rng: np.random.Generator | None = None,
        remember: bool = False,
        workers: Sequence[int] | None = None,
        root: Tensor | np.ndarray | None = None,
    ) -> Array:
        """The rule on a matrix [n, d], or on a list or tuple of n vectors [d]: [d].

        vectors: floating. NumPy arrays give an array, torch tensors a tensor, of the same dtype;
            the result carries no gradient.
        rng: for rules that draw; without it, the draw of seed 0.
        remember: bool. A rule with a memory starts from its initial state and forgets this call,
            unless it is told to remember.
        workers: n ints. Whose each vector is; None: vector i is worker i's.
        root: [d] floating. The server's own vector, for rules that need one.

        ValueError on another shape or type, or if too few rows are finite.
        """

        def work(rows: Tensor) -> Tensor:
            return combine([rows], self, (), rng, remember, workers, as_tensor(root))

        return applied(type(self).__name__, vectors, work)


class CoordinateRule(Rule):
    """A rule that treats every coordinate alone."""

    kind: ClassVar[str] = "coordinate"
    # reduce() takes any floating dtype and any number of columns, and a value that is not finite
    # makes its column of the output so: nothing need be checked or cut up beforehand.
    spreads: ClassVar[bool] = False

    def aggregate(self, vectors: Incoming) -> Tensor:
        """Block by block; only a stage that needs the Gram matrix has them all kept."""
        if not vectors.needs_gram:
            return vectors.reduce(self)
        mixture = vectors.mixture()
        return mixture.reduce(self.confined(mixture))

    @abstractmethod
    def reduce(self, block: Tensor) -> Tensor:
        """[n, b] -> [b], of finite values; the order of the rows is irrelevant."""

    def shares(self, n: int) -> Tensor | None:
        """w [n] float64 if the output is sum_i w_i v_i whatever the vectors are."""
        return None


class GramRule(Rule):
    """A rule whose output is sum_i w_i v_i, with sum_i w_i = 1.

    anchors: names of vectors that join the sum and follow the n in the Gram matrix: "centre"
        (the last output, the origin at first), "history" (n vectors of weight 0, the sums of
        all that came before from each worker), "root" (the server's own vector) and "origin"
        (zero).
    describes: bool. `describe` is called on each block, and its sum given to `weigh`.
    """

    kind: ClassVar[str] = "gram"
    anchors: ClassVar[tuple[str, ...]] = ()
    describes: ClassVar[bool] = False

    def aggregate(self, vectors: Incoming) -> Tensor:
        """One pass for the Gram matrix, weights in n-space, one pass for the weighted sum."""
        if "history" in self.anchors:  # sums of what reaches the rule, so nothing may follow them
            vectors = vectors.settled()
        mixture = vectors.mixture(self.anchors, memory_of(self, vectors.remember))
        rule = self.confined(mixture)
        features = mixture.sum(rule.describe) if rule.describes else None
        weights = rule.weigh(mixture.inputs(vectors.rng, features))
        out = mixture.weighted(weights, rule.noise(mixture.gram), vectors.rng)
        if vectors.remember:
            mixture.remember(out)
        return out

    @abstractmethod
    def weights(self, gram: Tensor) -> Tensor:
        """w [n+a] float64 from the Gram matrix [n+a, n+a], about any centre."""

    def weigh(self, inputs: GramInputs) -> Tensor:
        """The same for a rule that uses more than the Gram matrix."""
        return self.weights(inputs.gram)

    def describe(self, block: Tensor) -> Tensor:
        """[n, b] -> [n, k], summed over the blocks for `weigh`."""
        raise AssertionError(f"{self.name} describes nothing: `describes` is False")

    def noise(self, gram: Tensor) -> float:
        """The deviation of Gaussian noise that is added to every coordinate."""
        return 0.0


class SelectionRule(Rule):
    """A rule that chooses vectors by the Gram matrix, then reduces them per coordinate."""

    kind: ClassVar[str] = "selection"
    spreads: ClassVar[bool] = False  # as in a coordinate rule

    def aggregate(self, vectors: Incoming) -> Tensor:
        """One pass for the Gram matrix, a choice in n-space, one pass over what was chosen."""
        mixture = vectors.mixture()
        rule = self.confined(mixture)
        mixture.select(rule.select(mixture.gram))
        return mixture.reduce(Chosen(rule))

    @abstractmethod
    def select(self, gram: Tensor) -> list[int]:
        """The rows that are kept."""

    @abstractmethod
    def reduce(self, block: Tensor) -> Tensor:
        """[k, b] of the kept rows -> [b]."""


def combine(
    blocks: Iterable[Tensor],
    rule: Rule,
    stages: Sequence[PreAggregator] = (),
    rng: np.random.Generator | None = None,
    remember: bool = True,
    workers: Sequence[int] | np.ndarray | None = None,
    root: Tensor | None = None,
) -> Tensor:
    """The rule on the pre-aggregated vectors: blocks [n, b] in order -> [d].

    workers, root: as in a plain call of a rule.

    Reads `blocks` once. Memory: one block where neither the rule nor a pre-aggregator needs
    the Gram matrix; otherwise the blocks are kept, already mixed as far as that goes without
    it. What rule and stages remember changes only if all goes well. Raises ValueError if the
    rule is not defined for the number of (finite) vectors.
    """
    rng = rng or np.random.default_rng(0)
    vectors = Incoming.of(checked(blocks), rng, remember, workers, root)
    for stage in stages:
        vectors = stage.join(vectors)
    rule.check_workers(vectors.workers)
    if rule.needs_root:
        check_root(rule, root)
    return rule.aggregate(vectors)
