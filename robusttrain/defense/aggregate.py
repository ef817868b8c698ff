"""Aggregation of a matrix by a rule after pre-aggregators, in one call."""

from collections.abc import Callable, Sequence

import numpy as np
from torch import Tensor

from robusttrain.defense.aggregator.base import Rule, combine
from robusttrain.defense.aggregator.foreign import Foreign
from robusttrain.defense.preaggregator.base import PreAggregator, require

__all__ = ["aggregate"]


def aggregate(
    vectors: Tensor,
    rule: Rule | Callable[[Tensor], Tensor],
    stages: Sequence[PreAggregator] = (),
    rng: np.random.Generator | None = None,
) -> Tensor:
    """`rule` on `vectors` after the pre-aggregators `stages`, in their order.

    vectors: [n, d] floating.
    rule: a rule, or any callable [n, d] -> [d] (`Foreign`).
    rng: for rules and stages that draw; None: the draw of seed 0.

    Returns [d]. What a rule remembers is neither used nor changed. Raises ValueError on another
    shape, or if rule or stage is not defined for the number of finite vectors.

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
    rule = rule if isinstance(rule, Rule) else Foreign(rule)
    require(rule, vectors)
    return combine([vectors], rule, stages, rng, remember=False)
