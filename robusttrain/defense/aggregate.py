"""Aggregation of a matrix by a rule after pre-aggregators, in one call."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from torch import Tensor

from robusttrain.defense.aggregator.base import Rule, combine
from robusttrain.defense.aggregator.foreign import Foreign
from robusttrain.defense.preaggregator.base import PreAggregator
from robusttrain.defense.vectors import Array, applied, as_tensor

__all__ = ["aggregate"]


def aggregate(
    vectors: Array | list[Array] | tuple[Array, ...],
    rule: Rule | Callable[[Tensor], Any],
    stages: Sequence[PreAggregator] = (),
    rng: np.random.Generator | None = None,
    workers: Sequence[int] | None = None,
    root: Tensor | np.ndarray | None = None,
) -> Array:
    """`rule` on `vectors` after the pre-aggregators `stages`, in their order.

    vectors: [n, d], or a list or tuple of n vectors [d]; floating, tensors or NumPy arrays.
    rule: a rule, or any callable [n, d] -> [d] (`Foreign`), which is given a tensor.
    rng: for rules and stages that draw; None: the draw of seed 0.
    workers: n ints. Whose each vector is, for rules that ask; None: vector i is worker i's.
    root: [d] floating. The server's own vector, for rules that need one; no stage changes it.

    Returns [d], an array where the vectors are arrays, of their dtype; it carries no gradient.
    What a rule remembers is neither used nor changed. Raises ValueError on another shape or
    type, if rule or stage is not defined for the number of finite vectors, or if a class is
    given in the place of its instance.

    >>> import torch
    >>> from robusttrain.defense.aggregator import Mean, Median
    >>> vectors = torch.tensor([[1.0, 2.0], [2.0, 2.0], [3.0, 3.0], [9e9, 0.0]])
    >>> aggregate(vectors, Median())
    tensor([2.5000, 2.0000])
    >>> from robusttrain.defense.preaggregator import Nnm
    >>> aggregate(vectors, Mean(), [Nnm(f=1)])[1]
    tensor(2.1667)
    >>> aggregate(vectors, lambda v: v.min(dim=0).values)
    tensor([1., 0.])
    """
    check_parts(rule, stages)
    made = rule if isinstance(rule, Rule) else Foreign(rule)

    def work(rows: Tensor) -> Tensor:
        return combine([rows], made, stages, rng, False, workers, as_tensor(root))

    return applied(type(made).__name__, vectors, work)


def check_parts(rule: Any, stages: Any) -> None:
    """Raise ValueError that says what is meant if one of them is a class or in the wrong place."""
    if not isinstance(stages, Sequence):
        given = stages.__name__ if isinstance(stages, type) else type(stages).__name__
        raise ValueError(
            f"stages must be a list of pre-aggregators, such as [Nnm(f=2)]; got {given}"
        )
    for part in (rule, *stages):
        if isinstance(part, type) and issubclass(part, Rule | PreAggregator):
            raise ValueError(f"{part.__name__} is a class; give an instance, {part.__name__}()")
    for stage in stages:
        if not isinstance(stage, PreAggregator):
            raise ValueError(
                f"stages must hold pre-aggregators; got {type(stage).__name__}; the rule is the "
                "argument before them"
            )
