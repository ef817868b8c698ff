"""Every r-subset of the workers holds one task."""

from itertools import combinations
from math import comb

import numpy as np
import pytest

from robusttrain.assignment.subset import Subset
from robusttrain.targets.disagreement import Disagreement
from robusttrain.targets.majority import Majority


@pytest.mark.parametrize(
    ("workers", "replication", "tasks", "load", "shared"),
    [
        (15, 3, 455, 91, 13),
        (21, 3, 1330, 190, 19),
        (24, 3, 2024, 253, 22),
        (5, 3, 10, 6, 3),
        (7, 5, 21, 15, 10),
        (3, 3, 1, 1, 1),
    ],
)
def test_sizes(workers, replication, tasks, load, shared):
    holders = Subset(replication).holders(workers).astype(int)
    assert holders.shape == (workers, tasks)
    assert (holders.sum(axis=0) == replication).all()
    common = holders @ holders.T
    assert (common.diagonal() == load).all()
    assert (common[~np.eye(workers, dtype=bool)] == shared).all()


@pytest.mark.parametrize(("workers", "replication"), [(5, 3), (7, 5), (15, 3)])
def test_task_i_is_held_by_the_ith_subset_in_lexicographic_order(workers, replication):
    holders = Subset(replication).holders(workers)
    assert holders.dtype == bool
    found = [tuple(np.flatnonzero(task)) for task in holders.T]
    assert found == sorted(combinations(range(workers), replication))


def test_the_first_worker_holds_the_first_tasks():
    assert np.flatnonzero(Subset(3).holders(15)[0]).tolist() == list(range(91))


@pytest.mark.parametrize("replication", [-1, 0, 1, 2, 4])
def test_refuses_copies_that_cannot_outvote(replication):
    with pytest.raises(
        ValueError, match=rf"assignment\.replication={replication} must be odd and >= 3.*use 3"
    ):
        Subset(replication)


def test_refuses_more_copies_than_workers():
    with pytest.raises(
        ValueError, match=r"assignment\.replication=5 must be at most workers=4.*lower it"
    ):
        Subset(5).holders(4)


@pytest.mark.parametrize(
    ("byzantine", "compared", "voted"),
    [(0, 0, 0), (2, 2, 13), (3, 10, 37), (4, 28, 70), (5, 60, 110), (6, 110, 155), (7, 182, 203)],
)
def test_forgeable_at_15_workers_as_published(byzantine, compared, voted):
    """.0286, .0813, .1538, .2418, .3407 and .4462 of 455 tasks without detection."""
    assert Subset(3).forgeable(15, byzantine, compared=True) == compared
    assert Subset(3).forgeable(15, byzantine, compared=False) == voted


@pytest.mark.parametrize(("workers", "replication"), [(5, 3), (7, 3), (9, 3), (7, 5), (11, 5)])
def test_forgeable_is_what_the_two_strategies_win(workers, replication):
    """A vote is won where most of the holders lie; the optimum lies about D's tasks only."""
    assignment = Subset(replication)
    holders = assignment.holders(workers)
    for q in range((workers + 1) // 2):
        liars = np.arange(workers) < q
        won = Majority().tasks(holders, liars)
        assert won.sum() == assignment.forgeable(workers, q, compared=False)
        quiet = won & Disagreement(None).tasks(holders, liars)
        assert quiet.sum() == assignment.forgeable(workers, q, compared=True)
        assert quiet.sum() == comb(2 * q, replication) // 2 <= (holders.shape[1] - 1) / 2
