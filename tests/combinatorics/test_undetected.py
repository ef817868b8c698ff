"""Undetected lies against brute force over liars and tasks, and over every value of every copy."""

from itertools import combinations, product

import numpy as np
import pytest

from robusttrain.combinatorics.undetected import Lies, most_undetected
from robusttrain.combinatorics.vertex_cover import in_every_cover
from robusttrain.redundancy.assignment.cyclic import Cyclic
from robusttrain.redundancy.assignment.mols import Mols
from robusttrain.redundancy.assignment.subset import Subset


def hypergraph(seed: int, widest: int, tasks: int, r: int | None = None):
    rng = np.random.default_rng(seed)
    workers = int(rng.integers(5, widest + 1))
    r = r or int(rng.integers(1, 4))
    teams = np.array([np.sort(rng.permutation(workers)[:r]) for _ in range(tasks)])
    return teams, workers, int(rng.integers(1, (workers - 1) // 2 + 1))


def judged(teams, workers, liars, said) -> int:
    """Tasks forged after `cover`; said[t]: what each holder of t says, 0 is the truth."""
    graph = np.zeros((workers, workers), dtype=bool)
    for team, words in zip(teams.tolist(), said, strict=True):
        for (u, x), (v, y) in combinations(zip(team, words, strict=True), 2):
            if x != y:
                graph[u, v] = graph[v, u] = True
    out = set(in_every_cover(graph, len(liars)) or [])
    forged = 0
    for team, words in zip(teams.tolist(), said, strict=True):
        left = [x for w, x in zip(team, words, strict=True) if w not in out]
        forged += any(2 * left.count(x) > len(left) for x in set(left) - {0})
    return forged


def brute(teams, workers, liars) -> int:
    majority = [t for t, team in enumerate(teams) if np.isin(team, liars).sum() * 2 > len(team)]
    truth = 0
    for kept in product([False, True], repeat=len(majority)):
        tasks = {t for t, k in zip(majority, kept, strict=True) if k}
        if len(tasks) > truth:
            truth = max(truth, judged(teams, workers, liars, in_unison(teams, liars, tasks)))
    return truth


def in_unison(teams, liars, tasks):
    return [[int(t in tasks and w in liars) for w in team] for t, team in enumerate(teams.tolist())]


@pytest.mark.parametrize("seed", range(30))
def test_any_hypergraph_matches_brute_force_over_liars_and_tasks(seed):
    teams, workers, q = hypergraph(seed, widest=7, tasks=9)
    truth = 0
    for liars in combinations(range(workers), q):
        best = brute(teams, workers, liars)
        lies = Lies(teams, liars)
        lies.common = list  # the search has no first guess
        assert lies.solve(-1, 10**8)
        assert len(lies.best) == best
        truth = max(truth, best)
    worst = most_undetected(teams, workers, q, effort=10**8)
    assert worst.count == worst.ceiling == truth
    said = in_unison(teams, worst.liars, set(worst.tasks.tolist()))
    assert judged(teams, workers, worst.liars, said) == truth


@pytest.mark.parametrize("seed", range(8))
def test_no_lie_at_all_does_more_for_three_copies(seed):
    """Every liar's every copy: the truth or one of two lies; more lies than brute force above."""
    rng = np.random.default_rng(seed)
    teams = np.array([np.sort(rng.permutation(5)[:3]) for _ in range(4)])
    worst = most_undetected(teams, 5, 2, effort=10**8)
    truth = 0
    for liars in combinations(range(5), 2):
        places = [(t, i) for t, team in enumerate(teams) for i, w in enumerate(team) if w in liars]
        for values in product(range(3), repeat=len(places)):
            said = [[0, 0, 0] for _ in teams]
            for (t, i), value in zip(places, values, strict=True):
                said[t][i] = value
            truth = max(truth, judged(teams, 5, liars, said)) if any(values) else truth
            if truth > worst.count:
                break
    assert worst.count == worst.ceiling == truth


@pytest.mark.parametrize(
    ("workers", "q", "expected"), [(5, 2, 2), (6, 2, 2), (7, 2, 2), (7, 3, 10), (9, 4, 28)]
)
def test_subset_reaches_half_of_the_tasks_of_2q_workers(workers, q, expected):
    worst = most_undetected(Subset(3).teams(workers), workers, q, effort=10**7)
    assert (worst.count, worst.ceiling) == (expected, expected)


def test_mols_and_cyclic_of_15_workers():
    mols = [most_undetected(Mols(3).teams(15), 15, q, 10**7) for q in range(2, 8)]
    assert [(w.count, w.exact) for w in mols] == [(c, True) for c in (1, 3, 4, 6, 10, 13)]
    cyclic = [most_undetected(Cyclic(3).teams(15), 15, q) for q in range(2, 8)]
    assert [(w.count, w.exact) for w in cyclic] == [(c, True) for c in (2, 3, 5, 6, 8, 9)]


def test_with_little_effort_the_ceiling_holds_and_the_attack_works():
    teams = Mols(3).teams(21)
    worst = most_undetected(teams, 21, 8, effort=200)
    assert worst.count <= 17 <= worst.ceiling
    said = in_unison(teams, worst.liars, set(worst.tasks.tolist()))
    assert judged(teams, 21, worst.liars, said) == worst.count


def test_with_five_copies_attacks_work_and_nothing_is_called_exact_below_the_vote():
    teams, workers, _ = hypergraph(3, widest=7, tasks=14, r=5)
    worst = most_undetected(teams, workers, 3)
    said = in_unison(teams, worst.liars, set(worst.tasks.tolist()))
    assert judged(teams, workers, worst.liars, said) >= worst.count
    most = max(
        sum(np.isin(t, liars).sum() >= 3 for t in teams)
        for liars in combinations(range(workers), 3)
    )
    assert worst.ceiling == most


def test_a_common_set_of_honest_workers_is_within_what_is_found():
    lies = Lies(Subset(3).teams(9), (0, 1, 2))
    assert len(lies.common()) + len(lies.free) == 10


def test_a_set_of_lies_that_is_not_settled_leaves_the_bound_of_the_vote(monkeypatch):
    monkeypatch.setattr(Lies, "solve", lambda self, floor, effort: False)
    worst = most_undetected(Mols(3).teams(15), 15, 5, effort=10**7)
    assert (worst.count, worst.ceiling) == (0, 8)
