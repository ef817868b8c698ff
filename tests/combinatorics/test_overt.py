"""Overt attacks against `in_every_cover` and brute force over all sets of liars."""

from itertools import combinations

import numpy as np
import pytest

from robusttrain.combinatorics.overt import always_convicted, forged_when_overt, most_overt
from robusttrain.combinatorics.vertex_cover import in_every_cover
from robusttrain.redundancy.assignment.cyclic import Cyclic
from robusttrain.redundancy.assignment.mols import Mols
from robusttrain.redundancy.assignment.repetition import Repetition


def judged(teams, workers, liars):
    """(forged, dropped, whether all liars are convicted), from the definition."""
    graph = np.zeros((workers, workers), dtype=bool)
    for team in teams.tolist():
        for a, h in combinations(team, 2):
            if (a in liars) != (h in liars):
                graph[a, h] = graph[h, a] = True
    out = set(in_every_cover(graph, len(liars)))
    forged, dropped = [], []
    for i, team in enumerate(teams.tolist()):
        lies = sum(w in liars and w not in out for w in team)
        truths = sum(w not in liars for w in team)
        forged += [i] if lies > truths else []
        dropped += [i] if lies == truths else []
    return forged, dropped, set(liars) <= out


@pytest.mark.parametrize("seed", range(80))
def test_any_hypergraph_matches_brute_force(seed):
    rng = np.random.default_rng(seed)
    workers = int(rng.integers(3, 9))
    r, q = int(rng.integers(1, min(workers, 4) + 1)), int(rng.integers(0, (workers - 1) // 2 + 1))
    teams = np.array([np.sort(rng.permutation(workers)[:r]) for _ in range(rng.integers(1, 24))])
    outcomes = []
    for liars in combinations(range(workers), q):
        forged, dropped, convicted = judged(teams, workers, liars)
        tasks = forged_when_overt(teams, workers, liars)
        assert [forged, dropped] == [part.tolist() for part in tasks]
        outcomes.append((len(forged), convicted))
    worst, dropped = most_overt(teams, workers, q)
    assert worst.count == worst.ceiling == max(count for count, _ in outcomes)
    assert dropped == len(forged_when_overt(teams, workers, worst.liars)[1])
    assert always_convicted(teams, workers, q) == all(convicted for _, convicted in outcomes)


def test_mols_convicts_all_and_neighbours_on_a_cycle_escape():
    assert all(always_convicted(Mols(3).teams(15), 15, q) for q in range(8))
    assert [always_convicted(Cyclic(3).teams(15), 15, q) for q in (2, 3, 4)] == [True, True, False]
    assert not always_convicted(Repetition(5).teams(15), 15, 3)  # one escapes not, two do
    assert [most_overt(Cyclic(3).teams(15), 15, q)[0].count for q in (3, 4, 7)] == [0, 4, 9]
