"""Shares: what a worker computes in a step as one task, so that its sum stands for a row."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeVar

import numpy as np
from torch import Tensor

from robusttrain.training.gradient.engine import Engine
from robusttrain.training.gradient.full import Gradients
from robusttrain.training.gradient.sums import Sums
from robusttrain.types import Plan

Kind = TypeVar("Kind", bound=Engine)


@dataclass(frozen=True, eq=False, kw_only=True)
class Shares(Plan):
    """One task for each worker that holds any: its share. Ascending by worker.

    whole: Plan. The step's own tasks.
    """

    whole: Plan = field(repr=False)

    @property
    def holders(self) -> list[int]:
        """The worker of each share."""
        holders: list[int] = self.teams[:, 0].tolist()
        return holders


def shares(plan: Plan) -> Shares:
    """The shares of a plan whose tasks have one holder each.

    >>> whole = Plan(0, 3, np.zeros((3, 2)), np.zeros(3), teams=np.array([[2], [2], [0]]))
    >>> shares(whole).holders, shares(whole).held([2])
    ([0, 2], array([1]))
    """
    assert plan.teams.shape[1] == 1, "a task of several holders belongs to no share"
    holders, first = np.unique(plan.teams[:, 0], return_index=True)
    return Shares(
        plan.step, plan.workers, plan.samples[first], plan.seeds[first], holders[:, None],
        evicted=plan.evicted, whole=plan,
    )  # fmt: skip


class ShareGradients(Gradients):
    """Gradients of shares: each row is a sum, as `Sums` computes it."""

    @cached_property
    def sums(self) -> Sums:
        return as_engine(Sums, self)

    def rows(self, parameters: Tensor, plan: Plan, tasks: np.ndarray, out: Tensor) -> Tensor:
        """Fill `out` [n, D] with the sums of the shares `tasks` [n] at `parameters` [D]."""
        assert isinstance(plan, Shares)
        for task, row in zip(tasks.tolist(), out, strict=True):
            self.sums.sum(parameters, plan.whole, plan.holders[task], row)
        return out

    def expect(self, plan: Plan, tasks: np.ndarray) -> None:
        """Have the samples of these shares read ahead, if the data set can."""
        assert isinstance(plan, Shares)
        self.sums.expect([(plan.whole, plan.holders[task]) for task in tasks.tolist()])


def as_engine(kind: type[Kind], engine: Engine) -> Kind:
    """An engine of another kind over the same model, loss and samples."""
    return kind(
        engine.objective, engine.model, engine.layout, engine.data, engine.augment, engine.retarget
    )
