"""The tasks that no honest worker holds."""

from itertools import combinations
from math import comb

import numpy as np
import pytest
from support import claims_of, plan_of, told

from robusttrain.redundancy.assignment.repetition import Repetition
from robusttrain.redundancy.assignment.single import Single
from robusttrain.redundancy.assignment.subset import Subset
from robusttrain.threat.target.unopposed import Unopposed


@pytest.mark.parametrize(("workers", "replication"), [(5, 3), (7, 3), (7, 5)])
def test_a_task_is_a_target_iff_all_its_holders_lie_for_every_set_of_liars(workers, replication):
    teams = Subset(replication).teams(workers)
    for q in range(workers + 1):
        for liars in combinations(range(workers), q):
            found = Unopposed().tasks(teams, np.isin(np.arange(workers), liars))
            assert found.tolist() == [{*team} <= {*liars} for team in teams.tolist()]
            assert found.sum() == comb(q, replication)


def test_a_group_is_a_target_when_it_is_all_liars():
    liars = np.isin(np.arange(9), [0, 1, 3, 4, 5])
    assert Unopposed().tasks(Repetition(3).teams(9), liars).tolist() == [False, True, False]


def test_without_redundancy_every_liar_is_alone():
    liars = np.array([False, True, True, False])
    assert np.array_equal(Unopposed().tasks(Single().teams(4), liars), liars)


def test_no_comparison_of_copies_sees_it():
    plan = plan_of(Subset(3).teams(9))
    said = told(plan.teams, 9, [1, 3, 4, 8], Unopposed())
    assert said.any()
    assert not claims_of(plan, said).disagreements.any()
