"""The search over sets of liars against all sets; interrupted, it still gives a bound."""

from itertools import combinations

import numpy as np
import pytest
from hypergraphs import brute, hypergraph, won

from robusttrain.combinatorics.liar_search import LiarSearch
from robusttrain.redundancy.assignment.cyclic import Cyclic
from robusttrain.redundancy.assignment.mols import Mols


@pytest.mark.parametrize("seed", range(60))
def test_finds_the_most_and_values_each_set(seed):
    teams, workers, q, need = hypergraph(seed)
    search, best = LiarSearch(teams, workers, q, need, -1, 10**9), -1
    for sets, values in search:
        assert [won(teams, s, need) for s in sets.tolist()] == values.tolist()
        best = search.floor = max(best, int(values.max()))
    assert (best, search.left) == (brute(teams, workers, q, need), -1)


@pytest.mark.parametrize("seed", range(20))
def test_gives_every_orbit_above_the_floor(seed):
    """With a floor that never rises: each set that wins more has an image among those given."""
    teams, workers, q, need = hypergraph(seed)
    search = LiarSearch(teams, workers, q, need, 0, 10**9)
    given = [s for sets, _ in search for s in sets.tolist()]
    better = [s for s in combinations(range(workers), q) if won(teams, s, need) > 0]
    assert all(won(teams, s, need) > 0 and s == sorted(set(s)) for s in given)
    if better and q:
        images = search.symmetry.representatives
        assert set(images(np.array(given)).tolist()) == set(images(np.array(better)).tolist())


@pytest.mark.parametrize("seed", range(60))
@pytest.mark.parametrize("effort", [0, 3, 30])
def test_interrupted_it_bounds_what_is_left(seed, effort):
    teams, workers, q, need = hypergraph(seed)
    search, best = LiarSearch(teams, workers, q, need, 0, effort), 0
    for _, values in search:
        best = search.floor = max(best, int(values.max()))
    assert best <= brute(teams, workers, q, need) <= max(best, search.left)


@pytest.mark.parametrize("seed", range(20))
def test_orbits_come_once_each(seed):
    teams, workers, q, need = hypergraph(seed)
    search = LiarSearch(teams, workers, q, need, 0, 10**9)
    sets = [chosen for chosen, _ in search.orbits()]
    images = search.symmetry.representatives(np.array(sets, dtype=int).reshape(len(sets), q))
    better = [s for s in combinations(range(workers), q) if won(teams, s, need) > 0]
    orbits = search.symmetry.representatives(np.array(better, dtype=int).reshape(len(better), q))
    assert sorted(images.tolist()) == sorted(set(orbits.tolist()))


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("taken", [1, 2, 5])
def test_orbits_that_were_not_reached_are_bounded(seed, taken):
    """The caller spends the effort on a few sets; none of the others wins more than is left."""
    teams, workers, q, need = hypergraph(seed)
    search, values = LiarSearch(teams, workers, q, need, 0, 10**9), [0]
    for _, value in search.orbits():
        values.append(value)
        if len(values) > taken:
            search.spent = search.effort
    assert len(values) <= taken + 1
    assert brute(teams, workers, q, need) <= max(*values, search.left)


def test_a_deadline_that_is_past_ends_it():
    search = LiarSearch(Mols(3).teams(15), 15, 5, 2, 0, 10**9, deadline=0.0)
    assert list(search) == []
    assert search.left == 25


def test_values_of_sets_of_more_than_127_workers():
    teams = Cyclic(3).teams(150)
    sets, values = next(iter(LiarSearch(teams, 150, 3, 2, 2, 10**9)))
    assert values.tolist() == [won(teams, s, 2) for s in sets.tolist()]


def test_more_picks_than_a_byte_holds():
    teams = np.arange(900).reshape(-1, 3)
    search = LiarSearch(teams, 900, 400, 2, 0, effort=1)
    assert list(search) == []
    assert search.left >= 200
