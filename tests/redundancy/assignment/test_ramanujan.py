"""Ramanujan bigraphs of cases 1 and 2."""

import numpy as np
import pytest

from robusttrain.redundancy.assignment.mols import Mols
from robusttrain.redundancy.assignment.ramanujan import Ramanujan

ONE = [(15, Ramanujan(3)), (21, Ramanujan(3)), (35, Ramanujan(5)), (10, Ramanujan(2, load=5))]
TWO = [
    (9, Ramanujan(3, case=2)),
    (9, Ramanujan(3, case=2, load=6)),
    (25, Ramanujan(5, case=2, load=5)),
    (25, Ramanujan(5, case=2, load=10)),
    (4, Ramanujan(2, case=2, load=6)),
]


def blocks(s: int, m: int) -> np.ndarray:
    """B as published: s x m blocks P^(a j), P the cyclic shift of order s."""
    shift = np.roll(np.eye(s, dtype=int), 1, axis=1)
    power = [[np.linalg.matrix_power(shift, a * j) for j in range(m)] for a in range(s)]
    return np.block(power)


@pytest.mark.parametrize(("workers", "assignment"), ONE)
def test_case_1_is_the_transpose_of_b(workers, assignment, incidence, shared):
    s = workers // assignment.replication
    teams = assignment.teams(workers)
    assert teams.shape == (s * s, assignment.replication)
    assert np.array_equal(incidence(teams, workers), blocks(s, assignment.replication).T)
    assert shared(teams, workers) == {0, 1}


@pytest.mark.parametrize(("workers", "assignment"), TWO)
def test_case_2_is_b(workers, assignment, incidence, shared):
    s = assignment.replication
    m = assignment.load or s
    teams = assignment.teams(workers)
    assert teams.shape == (m * s, s)
    assert np.array_equal(incidence(teams, workers), blocks(s, m))
    assert (np.bincount(teams.ravel()) == m).all()
    assert shared(teams, workers) == {0, m // s}


@pytest.mark.parametrize(("workers", "assignment"), ONE + TWO)
def test_second_eigenvalue_is_one_over_r(workers, assignment, incidence):
    held = incidence(assignment.teams(workers), workers)
    load, r = held[0].sum(), assignment.replication
    spectrum = np.linalg.eigvalsh(held @ held.T / (load * r))
    assert np.allclose(spectrum[-2:], [1 / r, 1])
    assert ((abs(spectrum) < 1e-9) | (spectrum > 1 / r - 1e-9)).all()


@pytest.mark.parametrize(("workers", "replication"), [(15, 3), (21, 3), (35, 5)])
def test_case_1_is_mols_with_tasks_in_another_order(workers, replication):
    teams = Ramanujan(replication).teams(workers).tolist()
    assert sorted(teams) == sorted(Mols(replication).teams(workers).tolist())


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"replication": 1}, r"assignment\.replication=1 must be a whole number >= 2.*use 3"),
        ({"replication": 3, "case": 3}, r"assignment\.case=3 must be 1 or 2"),
        ({"replication": 4, "case": 2}, r"assignment\.replication=4 must be a prime .*use 3 or 5"),
        ({"replication": 3, "load": 4}, r"assignment\.load=4 must be a prime above .*=3 .*null"),
        ({"replication": 3, "load": 3}, r"assignment\.load=3 must be a prime above .*=3 .*null"),
        (
            {"replication": 3, "case": 2, "load": 4},
            r"assignment\.load=4 must be a positive multiple of .*=3 in case 2; use 3, 6 or null",
        ),
        (
            {"replication": 3, "case": 2, "load": 0},
            r"assignment\.load=0 must be a whole",
        ),
    ],
)
def test_refuses_settings_that_no_number_of_workers_can_meet(settings, message):
    with pytest.raises(ValueError, match=message):
        Ramanujan(**settings)


@pytest.mark.parametrize(
    ("workers", "assignment", "message"),
    [
        (9, Ramanujan(3), r"must be 3 s in case 1, .* prime above 3; use workers=15$"),
        (24, Ramanujan(3), r"must be 3 s in case 1, .* prime above 3; use workers=21 or 33$"),
        (16, Ramanujan(3), r"must be 3 s in case 1, .* prime above 3; use workers=15 or 21$"),
        (21, Ramanujan(3, load=5), r"load=5 must be workers / replication = 7 .*workers=15$"),
        (15, Ramanujan(3, case=2), r"must be 3² in case 2; use workers=9$"),
    ],
)
def test_refuses_workers_that_fit_no_bigraph(workers, assignment, message):
    with pytest.raises(ValueError, match=rf"assignment=ramanujan .*workers={workers}, .*{message}"):
        assignment.teams(workers)
