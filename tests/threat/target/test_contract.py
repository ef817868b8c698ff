"""What every choice of tasks in configs/target must do."""

import numpy as np
import pytest
from support import component, members

from robusttrain.redundancy.assignment.cyclic import Cyclic
from robusttrain.redundancy.assignment.repetition import Repetition
from robusttrain.redundancy.assignment.single import Single
from robusttrain.redundancy.assignment.subset import Subset

TEAMS = Subset(3).teams(7)


@pytest.fixture(params=members("target"), ids=lambda path: path.stem)
def target(request):
    return component(request.param)


@pytest.mark.parametrize("liars", [[], [0], [2, 5], [0, 3, 6], list(range(7))])
def test_it_marks_tasks_without_touching_what_it_is_given(target, liars):
    byzantine = np.isin(np.arange(7), liars)
    held, lying = TEAMS.copy(), byzantine.copy()
    marked = target.tasks(held, lying)
    assert marked.shape == (len(TEAMS),)
    assert marked.dtype == bool
    assert np.array_equal(held, TEAMS)
    assert np.array_equal(lying, byzantine)
    assert np.array_equal(marked, target.tasks(TEAMS, byzantine))


def test_tasks_of_liars_only_are_always_worth_it(target):
    byzantine = np.isin(np.arange(7), [1, 2, 4])
    alone = byzantine[TEAMS].all(axis=1)
    assert alone.sum() == 1
    assert target.tasks(TEAMS, byzantine)[alone].all()


@pytest.mark.parametrize("tasks", [7, 10, 30])
def test_where_nothing_is_compared_liars_forge_all_that_they_hold(target, tasks):
    byzantine = np.isin(np.arange(7), [0, 2, 6])
    teams = Single(tasks).teams(7)
    forged = target.tasks(teams, byzantine) & byzantine[teams].any(axis=1)
    assert np.array_equal(forged, byzantine[teams[:, 0]])


@pytest.mark.parametrize(
    "teams", [Cyclic(3).teams(7), Repetition(3).teams(9), Subset(5).teams(6), np.arange(4)[:, None]]
)
def test_it_serves_any_assignment_and_idle_workers(target, teams):
    """Two workers beyond those of the teams hold nothing; one of them is Byzantine."""
    workers = int(teams.max()) + 3
    byzantine = np.isin(np.arange(workers), [0, 1, 2, workers - 1])
    marked = target.tasks(teams, byzantine)
    assert marked.shape == (len(teams),)
    assert marked[byzantine[teams].all(axis=1)].all()
