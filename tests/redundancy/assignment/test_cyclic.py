"""Windows of consecutive tasks."""

import numpy as np
import pytest

from robusttrain.redundancy.assignment.cyclic import Cyclic

SIZES = [(15, 3), (5, 3), (3, 2), (8, 4), (9, 5)]


@pytest.mark.parametrize(("workers", "replication"), SIZES)
def test_worker_j_holds_r_tasks_from_j(workers, replication, incidence):
    teams = Cyclic(replication).teams(workers)
    assert teams.shape == (workers, replication)
    for worker, held in enumerate(incidence(teams, workers)):
        window = {(worker + i) % workers for i in range(replication)}
        assert {*np.flatnonzero(held)} == window


@pytest.mark.parametrize(("workers", "replication"), SIZES)
def test_workers_share_less_the_farther_apart_they_are(workers, replication, incidence):
    held = incidence(Cyclic(replication).teams(workers), workers)
    apart = abs(np.subtract.outer(np.arange(workers), np.arange(workers)))
    distance = np.minimum(apart, workers - apart)
    assert np.array_equal(held @ held.T, np.maximum(0, replication - distance))


@pytest.mark.parametrize(("byzantine", "lost"), [(2, 2), (3, 3), (4, 5), (5, 6), (6, 8), (7, 9)])
def test_worst_liars_at_15_workers_as_published(byzantine, lost, most):
    assert most(Cyclic(3).teams(15), 15, byzantine, 2) == lost


@pytest.mark.parametrize("replication", [-1, 0, 1, 2.5, "x"])
def test_refuses_copies_that_cannot_be_compared(replication):
    with pytest.raises(
        ValueError,
        match=rf"assignment\.replication={replication} must be a whole number >= 2.*use 3",
    ):
        Cyclic(replication)


def test_refuses_windows_that_meet_twice():
    with pytest.raises(
        ValueError,
        match=r"workers=8, assignment\.replication=5: .*workers >= 9; use workers=9$",
    ):
        Cyclic(5).teams(8)
