"""Aggregation rules in two kinds, each callable on a matrix and on streamed blocks.

Coordinate rules reduce a block [n, b] to [b] and see each block once. Gram rules return a
weighted sum of the vectors, with weights that depend on inner products alone: one pass
accumulates the Gram matrix, the iteration runs in n-space, one more pass forms the sum.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from itertools import chain

import numpy as np
import torch
from torch import Tensor

from robusttrain.pre.base import PreAggregator, centred_gram, mix


class Rule(ABC):
    """An aggregation rule, immutable; `f` where it has one is the number of bad vectors assumed."""

    @abstractmethod
    def check(self, n: int) -> None:
        """Raise ValueError, with the remedy, if the rule is not defined for n vectors."""

    @abstractmethod
    def tolerates(self, n: int) -> int:
        """How many of n vectors may be arbitrary while the output stays bounded."""

    def __call__(self, vectors: Tensor) -> Tensor:
        """[n, d] floating -> [d]. Raises ValueError on another shape or if a row is not finite."""
        if vectors.ndim != 2 or len(vectors) == 0 or not vectors.is_floating_point():
            raise ValueError(
                f"{type(self).__name__} takes floating-point vectors [n, d] with n >= 1; got "
                f"{vectors.dtype} of shape {list(vectors.shape)}"
            )
        if not bool(torch.isfinite(vectors).all()):
            bad = (~torch.isfinite(vectors).all(dim=1)).nonzero().flatten().tolist()
            raise ValueError(f"rows {bad} are not finite; leave them out and count them in f")
        return combine([vectors], self)


class CoordinateRule(Rule):
    """A rule that treats every coordinate alone."""

    @abstractmethod
    def reduce(self, block: Tensor) -> Tensor:
        """[n, b] -> [b]."""


class GramRule(Rule):
    """A rule whose output is sum_i w_i v_i, with sum_i w_i = 1."""

    @abstractmethod
    def weights(self, gram: Tensor) -> Tensor:
        """w [n] float64 from the Gram matrix [n, n] of the vectors, about any centre."""


def combine(
    blocks: Iterable[Tensor],
    rule: Rule,
    pre: Sequence[PreAggregator] = (),
    rng: np.random.Generator | None = None,
) -> Tensor:
    """The rule on the pre-aggregated vectors: blocks [n, b] in order -> [d].

    Reads `blocks` once. Memory: one block where neither the rule nor a pre-aggregator needs
    the Gram matrix; otherwise the blocks are kept, already mixed as far as that goes without
    it. Raises ValueError if the rule is not defined for the number of vectors.
    """
    rng = rng or np.random.default_rng(0)
    stream = iter(blocks)
    first = next(stream)
    split = next((i for i, stage in enumerate(pre) if stage.needs_gram), len(pre))
    early, late = pre[:split], pre[split:]
    matrix, _ = compose(early, len(first), None, rng)
    mixed = (mix(matrix, block) if early else block for block in chain([first], stream))
    if isinstance(rule, CoordinateRule) and not late:
        rule.check(len(matrix))
        return torch.cat([rule.reduce(block) for block in mixed])

    kept = list(mixed)
    matrix, gram = compose(late, len(matrix), centred_gram(kept), rng)
    rule.check(len(matrix))
    if isinstance(rule, CoordinateRule):
        return torch.cat([rule.reduce(mix(matrix, block)) for block in kept])
    assert isinstance(rule, GramRule)
    assert gram is not None
    weights = rule.weights(gram)[None] @ matrix.to(gram.device)
    return torch.cat([(weights.to(block.dtype) @ block)[0] for block in kept])


def compose(
    stages: Sequence[PreAggregator], n: int, gram: Tensor | None, rng: np.random.Generator
) -> tuple[Tensor, Tensor | None]:
    """M [m, n], the product of the stages' matrices, and M G M^T if the Gram matrix is given."""
    matrix = torch.eye(n, dtype=torch.float64)
    for stage in stages:
        step = stage.mixing(len(matrix), gram, rng)
        matrix = step @ matrix
        if gram is not None:
            gram = step.to(gram.device) @ gram @ step.to(gram.device).T
    return matrix, gram
