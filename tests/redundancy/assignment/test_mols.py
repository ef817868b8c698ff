"""Mutually orthogonal Latin squares: two workers of different classes share one task."""

import numpy as np
import pytest

from robusttrain.redundancy.assignment.mols import Mols


def integer_formula(workers: int, replication: int) -> np.ndarray:
    """As published: L_k(i, j) = k i + j modulo l, for any l."""
    l = workers // replication  # noqa: E741
    return np.array(
        [
            [(k - 1) * l + (k * i + j) % l for k in range(1, replication + 1)]
            for i in range(l)
            for j in range(l)
        ]
    )


@pytest.mark.parametrize(
    ("workers", "replication"), [(15, 3), (21, 3), (35, 5), (10, 2), (28, 4), (12, 3)]
)
def test_sizes_and_classes(workers, replication, incidence):
    order = workers // replication
    teams = Mols(replication).teams(workers)
    assert teams.shape == (order**2, replication)
    assert (teams // order == np.arange(replication)).all()
    held = incidence(teams, workers)
    classes = np.arange(workers) // order
    expected = (classes[:, None] != classes).astype(int) + order * np.eye(workers, dtype=int)
    assert np.array_equal(held @ held.T, expected)


def test_published_table_at_15_workers():
    """The paper counts workers from 1."""
    teams = Mols(3).teams(15) + 1
    assert teams[0].tolist() == [1, 6, 11]
    assert teams[7].tolist() == [4, 10, 11]


@pytest.mark.parametrize(("workers", "replication"), [(15, 3), (21, 3), (35, 5), (22, 2)])
def test_prime_orders_are_the_published_integers(workers, replication):
    assert np.array_equal(Mols(replication).teams(workers), integer_formula(workers, replication))


@pytest.mark.parametrize(("workers", "replication"), [(24, 3), (27, 3), (12, 3), (64, 4), (75, 3)])
def test_prime_powers_need_the_field(workers, replication, shared):
    """At 24 workers the integer formula lets two of them share two tasks."""
    assert shared(Mols(replication).teams(workers), workers) == {0, 1}
    order = workers // replication
    if order % 2 == 0:
        assert 2 in shared(integer_formula(workers, replication), workers)


@pytest.mark.parametrize(("byzantine", "lost"), [(2, 1), (3, 3), (4, 5), (5, 8), (6, 12), (7, 14)])
def test_worst_liars_at_15_workers_as_published(byzantine, lost, most):
    """.04, .12, .20, .32, .48 and .56 of 25 tasks."""
    assert most(Mols(3).teams(15), 15, byzantine, 2) == lost


@pytest.mark.parametrize("replication", [-1, 0, 1, 2.5, "x"])
def test_refuses_copies_that_cannot_be_compared(replication):
    with pytest.raises(
        ValueError,
        match=rf"assignment\.replication={replication} must be a whole number >= 2.*use 3",
    ):
        Mols(replication)


@pytest.mark.parametrize(
    ("workers", "replication", "nearest"),
    [(9, 3, "12"), (18, 3, "15 or 21"), (16, 3, "15 or 21"), (25, 5, "35"), (30, 3, "27 or 33")],
)
def test_refuses_orders_without_enough_squares(workers, replication, nearest):
    """l = r, l = 6, no l, l = r, l = 10."""
    rule = rf"must be {replication} l, with l a prime power above {replication}"
    with pytest.raises(ValueError, match=rf"workers={workers}, .*{rule}; use workers={nearest}$"):
        Mols(replication).teams(workers)
