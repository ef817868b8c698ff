"""The tasks with more liars than honest holders."""

from itertools import combinations
from math import comb

import numpy as np
import pytest

from robusttrain.redundancy.assignment.single import Single
from robusttrain.redundancy.assignment.subset import Subset
from robusttrain.threat.target.majority import Majority


@pytest.mark.parametrize(("workers", "replication"), [(5, 3), (7, 3), (7, 5), (6, 4)])
def test_by_counting_for_every_set_of_liars(workers, replication):
    teams = Subset(replication).teams(workers)
    subsets = list(combinations(range(workers), replication))
    for q in range(workers + 1):
        for liars in combinations(range(workers), q):
            found = Majority().tasks(teams, np.isin(np.arange(workers), liars))
            expected = [len({*task} & {*liars}) > replication / 2 for task in subsets]
            assert found.tolist() == expected


@pytest.mark.parametrize("q", range(8))
def test_how_many_tasks_of_15_workers(q):
    liars = np.random.default_rng(q).permutation(15) < q
    found = Majority().tasks(Subset(3).teams(15), liars)
    assert found.sum() == comb(q, 2) * (15 - q) + comb(q, 3)


def test_half_of_the_copies_is_no_majority():
    team, liars = np.array([[0, 1, 2, 3]]), np.array([True, True, False, False])
    assert not Majority().tasks(team, liars).any()


def test_without_redundancy_a_liar_has_its_own_task():
    liars = np.array([False, True, True, False])
    assert np.array_equal(Majority().tasks(Single().teams(4), liars), liars)
