"""Shares: what a worker computes in a step as one task, so that its sum stands for a row."""

from dataclasses import dataclass, field

import numpy as np

from robusttrain.names import counted
from robusttrain.types import Plan


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


def what_share(plan: Plan, worker: int) -> str:
    """What a worker's sum is of.

    >>> whole = Plan(5, 3, np.zeros((3, 2)), np.zeros(3), teams=np.array([[2], [2], [0]]))
    >>> what_share(whole, 0), what_share(whole, 2)
    (' of step 5, task 2', ' of step 5, 2 tasks from 0 on')
    """
    tasks = plan.holdings[worker].tolist()
    more = f"{counted(len(tasks), 'task')} from {tasks[0]} on"
    return f" of step {plan.step}, {f'task {tasks[0]}' if len(tasks) == 1 else more}"
