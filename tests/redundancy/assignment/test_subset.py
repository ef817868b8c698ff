"""Every r-subset of the workers holds one task."""

from itertools import combinations, combinations_with_replacement
from math import comb

import numpy as np
import pytest

from robusttrain.combinatorics.vertex_cover import in_every_cover
from robusttrain.redundancy.assignment.subset import Subset


@pytest.mark.parametrize(
    ("workers", "replication", "tasks", "load", "pairs"),
    [
        (15, 3, 455, 91, 13),
        (21, 3, 1330, 190, 19),
        (24, 3, 2024, 253, 22),
        (5, 3, 10, 6, 3),
        (7, 5, 21, 15, 10),
        (3, 3, 1, 1, 1),
        (6, 2, 15, 5, 1),
        (8, 4, 70, 35, 15),
    ],
)
def test_sizes(workers, replication, tasks, load, pairs, incidence, shared):
    teams = Subset(replication).teams(workers)
    assert teams.shape == (tasks, replication)
    assert (incidence(teams, workers).sum(axis=1) == load).all()
    assert shared(teams, workers) == {pairs}


@pytest.mark.parametrize(("workers", "replication"), [(5, 3), (7, 5), (15, 3), (6, 2), (8, 4)])
def test_task_i_is_held_by_the_ith_subset_in_lexicographic_order(workers, replication):
    teams = Subset(replication).teams(workers)
    assert teams.dtype == np.int64
    assert [tuple(t) for t in teams.tolist()] == sorted(combinations(range(workers), replication))


def test_the_first_worker_holds_the_first_tasks():
    assert np.flatnonzero((Subset(3).teams(15) == 0).any(axis=1)).tolist() == list(range(91))


@pytest.mark.parametrize(("workers", "replication"), [(35, 3), (25, 5)])
def test_large_ones_are_complete(workers, replication):
    teams = Subset(replication).teams(workers)
    assert len(np.unique(teams, axis=0)) == len(teams) == comb(workers, replication)


@pytest.mark.parametrize("replication", [-1, 0, 1, 2.5, "x"])
def test_refuses_copies_that_cannot_be_compared(replication):
    with pytest.raises(
        ValueError,
        match=rf"assignment\.replication={replication} must be a whole number >= 2.*use 3",
    ):
        Subset(replication)


def test_refuses_more_copies_than_workers():
    with pytest.raises(
        ValueError,
        match=r"assignment=subset .* workers=4, assignment\.replication=5: .*; use workers=5$",
    ):
        Subset(5).teams(4)


@pytest.mark.parametrize(
    ("workers", "replication", "count", "size"),
    [
        (183, 3, "=1004731", 182),
        (400, 3, "=10586800", 182),
        (10**9, 3, "", 182),
        (1415, 2, "=", 1414),
    ],
)
def test_more_than_a_million_tasks_are_refused_before_they_are_built(
    workers, replication, count, size
):
    assignment = Subset(replication)
    assert comb(size, replication) <= 10**6 < comb(size + 1, replication)
    assert assignment.obstacle(size) is None
    with pytest.raises(ValueError) as refused:
        assignment.teams(workers)
    assert f": C({workers},{replication}){count}" in str(refused.value)
    assert str(refused.value).endswith(f" tasks are more than 1000000; use workers={size}")


@pytest.mark.parametrize(
    ("byzantine", "undetected", "voted"),
    [(0, 0, 0), (2, 2, 13), (3, 10, 37), (4, 28, 70), (5, 60, 110), (6, 110, 155), (7, 182, 203)],
)
def test_lost_tasks_at_15_workers_as_published(byzantine, undetected, voted):
    """.0286, .0813, .1538, .2418, .3407 and .4462 of 455 tasks without detection."""
    assert Subset(3).undetected(15, byzantine).count == undetected
    assert Subset(3).worst(15, byzantine, need=2).count == voted


@pytest.mark.parametrize(("workers", "replication"), [(5, 2), (7, 3), (9, 4), (11, 5), (9, 6)])
def test_counts_are_the_published_sums(workers, replication):
    assignment, r = Subset(replication), replication
    for q in range((workers + 1) // 2):
        for need in range(1, r + 1):
            held = sum(comb(q, i) * comb(workers - q, r - i) for i in range(need, r + 1))
            assert assignment.worst(workers, q, need).count == held
        unseen = sum(comb(q, i) * comb(q, r - i) for i in range(r // 2 + 1, r + 1))
        assert assignment.undetected(workers, q).count == unseen
        assert r % 2 == 0 or 2 * unseen == comb(2 * q, r)


def most_unseen(workers: int, replication: int, byzantine: int) -> int:
    """The best of all graphs between q liars and the honest, up to the names of the liars.

    A task is won if its liars may lie (they differ from its honest holders in the graph),
    and those that are not convicted outnumber its honest holders.
    """
    honest = range(byzantine, workers)
    neighbourhoods = [frozenset(d) for n in range(len(honest) + 1) for d in combinations(honest, n)]
    tasks = [set(t) for t in combinations(range(workers), replication)]
    best = 0
    for chosen in combinations_with_replacement(neighbourhoods, byzantine):
        graph = np.zeros((workers, workers), dtype=bool)
        for liar, differ in enumerate(chosen):
            graph[liar, list(differ)] = graph[list(differ), liar] = True
        convicted = in_every_cover(graph, byzantine)
        won = 0
        for task in tasks:
            liars = [w for w in task if w < byzantine]
            others = task.difference(liars)
            free = [w for w in liars if w not in convicted]
            won += len(free) > len(others) and all(others <= chosen[w] for w in liars)
        best = max(best, won)
    return best


@pytest.mark.parametrize(
    ("workers", "replication", "byzantine"),
    [(5, 2, 2), (5, 3, 2), (6, 3, 2), (7, 3, 3), (7, 4, 3), (7, 5, 3)],
)
def test_no_pattern_of_disagreements_hides_more(workers, replication, byzantine):
    best = most_unseen(workers, replication, byzantine)
    assert Subset(replication).undetected(workers, byzantine).count == best


def test_nothing_is_known_once_the_liars_are_no_minority():
    assert Subset(3).undetected(6, 3) is None
    assert Subset(3).undetected(7, 3) is not None
