"""What every choice of tasks in configs/targets must do."""

import numpy as np
import pytest
from support import component, members

from robusttrain.assignment.subset import Subset

HOLDERS = Subset(3).holders(7)


@pytest.fixture(params=members("targets"), ids=lambda path: path.stem)
def targets(request):
    return component(request.param)


@pytest.mark.parametrize("liars", [[], [0], [2, 5], [0, 3, 6], list(range(7))])
def test_it_marks_tasks_without_touching_what_it_is_given(targets, liars):
    byzantine = np.isin(np.arange(7), liars)
    held, lying = HOLDERS.copy(), byzantine.copy()
    marked = targets.tasks(held, lying)
    assert marked.shape == (HOLDERS.shape[1],)
    assert marked.dtype == bool
    assert np.array_equal(held, HOLDERS)
    assert np.array_equal(lying, byzantine)
    assert np.array_equal(marked, targets.tasks(HOLDERS, byzantine))


def test_tasks_of_liars_only_are_always_worth_it(targets):
    byzantine = np.isin(np.arange(7), [1, 2, 4])
    alone = ~HOLDERS[~byzantine].any(axis=0)
    assert alone.sum() == 1
    assert targets.tasks(HOLDERS, byzantine)[alone].all()
