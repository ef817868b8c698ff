"""Groups of workers that all hold the same task."""

from itertools import product

import numpy as np
import pytest

from robusttrain.combinatorics.vertex_cover import in_every_cover
from robusttrain.redundancy.assignment.repetition import Repetition


@pytest.mark.parametrize(("workers", "replication"), [(15, 3), (15, 5), (6, 2), (8, 4), (3, 3)])
def test_group_g_is_the_workers_from_gr(workers, replication, shared):
    teams = Repetition(replication).teams(workers)
    groups = range(0, workers, replication)
    assert teams.tolist() == [[*range(g, g + replication)] for g in groups]
    assert shared(teams, workers) == ({0, 1} if workers > replication else {1})


@pytest.mark.parametrize("replication", [-1, 0, 1, 2.5, "x"])
def test_refuses_copies_that_cannot_be_compared(replication):
    with pytest.raises(
        ValueError,
        match=rf"assignment\.replication={replication} must be a whole number >= 2.*use 3",
    ):
        Repetition(replication)


def test_refuses_workers_that_make_no_whole_group():
    with pytest.raises(
        ValueError,
        match=r"workers=16, assignment\.replication=3: .* multiple of 3; use workers=15 or 18$",
    ):
        Repetition(3).teams(16)


def test_lost_groups_at_15_workers_as_published():
    """.2, .2, .4, .4, .6 and .6 of 5 tasks for q = 2..7."""
    lost = [Repetition(3).worst(15, q, need=2).count for q in range(8)]
    assert lost == [0, 0, 1, 1, 2, 2, 3, 3]
    assert [Repetition(3).undetected(15, q).count for q in range(8)] == lost


def test_liars_fill_group_after_group():
    worst = Repetition(5).worst(15, 7, need=3)
    assert worst.liars == (0, 1, 2, 3, 5, 6, 7)
    assert worst.tasks.tolist() == [0, 1]


def most_unseen(workers: int, replication: int, byzantine: int) -> int:
    """The best of all ways to tell the truth, a common lie, or another common lie."""
    best = 0
    for said in product(range(3), repeat=workers):
        said = np.array(said)
        if np.count_nonzero(said) > byzantine:
            continue
        group = np.arange(workers) // replication
        graph = (said[:, None] != said) & (group[:, None] == group)
        heard = np.ones(workers, dtype=bool)
        heard[in_every_cover(graph, byzantine)] = False
        copies = [said[heard & (group == g)] for g in range(workers // replication)]
        best = max(best, sum(2 * max((c == 1).sum(), (c == 2).sum()) > len(c) for c in copies))
    return best


@pytest.mark.parametrize(
    ("workers", "replication", "byzantine"),
    [(6, 3, 2), (6, 2, 2), (6, 2, 3), (9, 3, 4), (8, 4, 3), (8, 2, 3), (8, 4, 4), (10, 5, 4)],
)
def test_no_way_of_lying_hides_more(workers, replication, byzantine):
    best = most_unseen(workers, replication, byzantine)
    assert Repetition(replication).undetected(workers, byzantine).count == best
