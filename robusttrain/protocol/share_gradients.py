"""Gradients of shares, where a worker rank otherwise computes those of tasks."""

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TypeVar

import numpy as np
from torch import Tensor

from robusttrain.protocol.shares import Shares
from robusttrain.protocol.side import Overtaken, never
from robusttrain.training.gradient.engine import Engine
from robusttrain.training.gradient.full import Gradients
from robusttrain.training.gradient.sums import Sums
from robusttrain.types import Plan

Kind = TypeVar("Kind", bound=Engine)


class ShareGradients(Gradients):
    """Gradients of shares: each row is a sum, as `Sums` computes it.

    late: () -> whether sums come too late; asked before each of them.
    """

    late: Callable[[], bool] = staticmethod(never)

    @cached_property
    def sums(self) -> Sums:
        return as_engine(Sums, self)

    def rows(self, parameters: Tensor, plan: Plan, tasks: np.ndarray, out: Tensor) -> Tensor:
        """Fill `out` [n, D] with the sums of the shares `tasks` [n] at `parameters` [D].

        Raises Overtaken once they come too late.
        """
        assert isinstance(plan, Shares)
        self.expect([(plan, tasks)])
        for task, row in zip(tasks.tolist(), out, strict=True):
            if self.late():
                raise Overtaken
            self.sums.sum(parameters, plan.whole, plan.holders[task], row)
        return out

    def together(self, plan: Plan) -> int:
        return 1

    def expect(self, wanted: Sequence[tuple[Plan, np.ndarray]]) -> None:
        """Have the samples of shares [n] of plans read ahead, in this order, if the set can."""
        pairs = []
        for plan, tasks in wanted:
            assert isinstance(plan, Shares)
            pairs += [(plan.whole, plan.holders[task]) for task in tasks.tolist()]
        self.sums.expect(pairs)


def as_engine(kind: type[Kind], engine: Engine) -> Kind:
    """An engine of another kind over the same model, loss and samples."""
    return kind(
        engine.objective, engine.model, engine.layout, engine.data, engine.augment, engine.retarget
    )
