"""Bounds hold for every set of liars, and ByzShield's formula is the case of its schemes."""

from itertools import combinations

import numpy as np
import pytest

from robusttrain.combinatorics.bounds import ceiling, counting, energy, expansion, spectral
from robusttrain.redundancy.assignment.cyclic import Cyclic
from robusttrain.redundancy.assignment.design import Design
from robusttrain.redundancy.assignment.mols import Mols
from robusttrain.redundancy.assignment.ramanujan import Ramanujan

SCHEMES = [(Mols(3), 12), (Design(3), 9), (Design(3), 7), (Cyclic(3), 9), (Ramanujan(3, 2), 9)]


@pytest.mark.parametrize(("assignment", "workers"), SCHEMES)
@pytest.mark.parametrize("q", range(1, 7))
def test_no_set_of_liars_exceeds_a_bound(assignment, workers, q):
    teams = assignment.teams(workers)
    most = energy(teams, workers, q)
    for liars in combinations(range(workers), q):
        copies = np.isin(teams, liars).sum(axis=1)
        assert (copies**2).sum() <= most + 1e-6
        for need in (1, 2, 3):
            won = int((copies >= need).sum())
            assert won <= ceiling(teams, workers, q, need)
            assert won <= spectral(teams, workers, q, need)
            if need > 1:
                assert won <= expansion(teams, workers, q, need) + 1e-6


@pytest.mark.parametrize(("r", "workers"), [(3, 15), (3, 24), (5, 35)])
@pytest.mark.parametrize("q", range(1, 8))
def test_expansion_is_the_published_formula_for_mols(r, workers, q):
    gamma = (2 * q**2 / r) / (1 + (r - 1) * q / workers)
    teams = Mols(r).teams(workers)
    assert expansion(teams, workers, q, r // 2 + 1) == pytest.approx(gamma)
    assert spectral(teams, workers, q, r // 2 + 1) <= gamma + 1e-6


def test_counting_by_hand_with_unequal_loads():
    teams = np.array([[0, 1], [0, 2], [0, 3]])
    assert [counting(teams, 4, q, 2) for q in range(5)] == [0, 1, 2, 2, 3]
    assert energy(teams, 4, 2) is None
    assert ceiling(teams, 4, 2, 2) == 2
