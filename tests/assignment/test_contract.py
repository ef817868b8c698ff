"""What every assignment in configs/assignment must do."""

import numpy as np
import pytest
from support import component, members


@pytest.fixture(params=members("assignment"), ids=lambda path: path.stem)
def assignment(request):
    return component(request.param)


@pytest.mark.parametrize("workers", [3, 5, 8, 15])
def test_every_task_is_held_and_every_worker_busy(assignment, workers):
    holders = assignment.holders(workers)
    assert holders.dtype == bool
    assert holders.shape[0] == workers
    assert holders.any(axis=0).all()
    assert holders.any(axis=1).all()
    assert np.array_equal(holders, assignment.holders(workers))


@pytest.mark.parametrize("compared", [True, False])
def test_more_liars_forge_no_less_and_never_more_than_there_is(assignment, compared):
    workers = 9
    tasks = assignment.holders(workers).shape[1]
    forged = [assignment.forgeable(workers, q, compared) for q in range(5)]
    assert forged[0] == 0
    assert forged == sorted(forged)
    assert forged[-1] <= tasks


@pytest.mark.parametrize("byzantine", [1, 2, 3])
def test_without_comparison_no_set_of_liars_outvotes_more_tasks(assignment, byzantine):
    """The first q workers holding a majority of a task is one strategy among all."""
    holders = assignment.holders(7)
    won = (2 * holders[:byzantine].sum(axis=0) > holders.sum(axis=0)).sum()
    assert won <= assignment.forgeable(7, byzantine, compared=False)
