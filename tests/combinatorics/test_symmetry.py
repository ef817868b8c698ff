"""Automorphisms preserve the teams, form the known groups, and keep one set of each orbit."""

from itertools import combinations

import numpy as np
import pytest

from robusttrain.combinatorics.symmetry import Symmetry, automorphisms
from robusttrain.redundancy.assignment.cyclic import Cyclic
from robusttrain.redundancy.assignment.design import Design
from robusttrain.redundancy.assignment.mols import Mols
from robusttrain.redundancy.assignment.subset import Subset


def family(teams) -> list[tuple[int, ...]]:
    return sorted(tuple(sorted(team)) for team in np.asarray(teams).tolist())


@pytest.mark.parametrize(
    ("assignment", "workers", "order"),
    [(Cyclic(3), 9, 18), (Design(3), 7, 168), (Design(3), 9, 432), (Subset(3), 5, 120)],
)
def test_the_whole_group_is_found_and_preserves_the_teams(assignment, workers, order):
    teams = assignment.teams(workers)
    group = automorphisms(teams, workers)
    assert group[0].tolist() == list(range(workers))
    assert len({tuple(g) for g in group.tolist()}) == len(group) == order
    assert all(family(g[teams]) == family(teams) for g in group)


def test_a_limit_leaves_that_many_true_automorphisms():
    teams = Mols(3).teams(15)
    group = automorphisms(teams, 15, limit=50)
    assert len({tuple(g) for g in group.tolist()}) == 50
    assert all(family(g[teams]) == family(teams) for g in group)


@pytest.mark.parametrize("limit", [1, 5, 4096])
@pytest.mark.parametrize("size", [1, 2, 3, 4])
def test_every_orbit_keeps_its_smallest_set_and_the_prefixes_of_it(size, limit):
    teams = Design(3).teams(9)
    symmetry = Symmetry(teams, 9, limit)
    sets = np.array(list(combinations(range(9), size)))
    kept = {tuple(s) for s in sets[symmetry.smallest(sets)].tolist()}
    group = automorphisms(teams, 9)
    for s in combinations(range(9), size):
        orbit = set(map(tuple, np.sort(group[:, s]).tolist()))
        assert min(orbit) in kept
        if limit == 4096:
            assert (s in kept) == (s == min(orbit))
    if size > 1:
        prefixes = np.array(sorted({s[:-1] for s in kept}))
        assert symmetry.smallest(prefixes).all()


def test_sets_of_one_orbit_have_one_representative():
    teams = Design(3).teams(7)
    sets = np.array(list(combinations(range(7), 3)))
    words = Symmetry(teams, 7).representatives(sets)
    lines = np.array([tuple(s) in set(family(teams)) for s in sets.tolist()])
    assert len(set(words.tolist())) == 2
    assert len(set(words[lines].tolist())) == len(set(words[~lines].tolist())) == 1


def test_more_workers_than_a_word_has_bits():
    sets = np.array([[0, 1], [70, 79]])
    assert Symmetry(Cyclic(3).teams(80), 80).smallest(sets).all()
