"""Balanced incomplete block designs: every pair of workers shares as many tasks."""

from itertools import combinations

import numpy as np
import pytest

from robusttrain.combinatorics.finite_fields import prime_power
from robusttrain.redundancy.assignment.design import FAMILIES, Design, construction

FANO = [[0, 1, 2], [0, 3, 4], [0, 5, 6], [1, 3, 5], [1, 4, 6], [2, 3, 6], [2, 4, 5]]
PRIME_POWERS = [q for q in range(2, 10) if prime_power(q)]


def index(workers: int, replication: int) -> int:
    """lambda, after checking by hand that each pair meets as often and blocks are as many."""
    teams = Design(replication).teams(workers)
    met = dict.fromkeys(combinations(range(workers), 2), 0)
    for team in teams.tolist():
        assert len(team) == replication
        for pair in combinations(team, 2):
            met[pair] += 1
    (found,) = {*met.values()}
    assert len(teams) * replication * (replication - 1) == found * workers * (workers - 1)
    return found


@pytest.mark.parametrize("workers", [k for k in range(3, 50) if k % 3 != 2])
def test_triple_systems_exist_wherever_they_can(workers):
    assert index(workers, 3) == (1 if workers % 6 in (1, 3) else 2)


@pytest.mark.parametrize(("workers", "replication"), FAMILIES)
def test_difference_families(workers, replication):
    base = FAMILIES[workers, replication]
    lam = 2 if workers == 11 else 1
    assert index(workers, replication) == lam
    teams = Design(replication).teams(workers).tolist()
    assert len(teams) == len(base) * workers
    assert all(sorted(block) in teams for block in base)


@pytest.mark.parametrize("q", PRIME_POWERS)
def test_affine_planes(q):
    assert index(q * q, q) == 1
    assert len(Design(q).teams(q * q)) == q * q + q


@pytest.mark.parametrize("q", PRIME_POWERS)
def test_projective_planes(q):
    """Of the constructions themselves too, where a difference set takes precedence."""
    workers = q * q + q + 1
    assert index(workers, q + 1) == 1
    assert len(Design(q + 1).teams(workers)) == workers


def test_two_lines_of_a_projective_plane_meet_in_one_point(incidence):
    lines = incidence(Design(8).teams(57), 57)
    meet = lines.T @ lines
    assert (meet[~np.eye(57, dtype=bool)] == 1).all()


@pytest.mark.parametrize(
    ("workers", "replication"), [(5, 3), (8, 3), (2, 3), (6, 4), (12, 4), (36, 6), (43, 7), (3, 2)]
)
def test_nothing_is_built_in_elsewhere(workers, replication):
    """There are no planes of order 6, for one."""
    assert construction(workers, replication) is None
    with pytest.raises(
        ValueError,
        match=rf"assignment=design .*workers={workers}, .*assignment\.blocks gives none; use work",
    ):
        Design(replication).teams(workers)


@pytest.mark.parametrize(
    ("workers", "tasks", "load"),
    [(7, 7, 3), (15, 35, 7), (21, 70, 10), (25, 100, 12), (16, 80, 15)],
)
def test_sizes_as_published(workers, tasks, load):
    teams = Design(3).teams(workers)
    assert teams.shape == (tasks, 3)
    assert (np.bincount(teams.ravel()) == load).all()


@pytest.mark.parametrize(("byzantine", "lost"), [(2, 1), (3, 3), (4, 6), (5, 10), (6, 15), (7, 19)])
def test_worst_liars_at_15_workers_as_published(byzantine, lost, most):
    """Bose's triple system: .029, .086, .171, .286, .429 and .543 of 35 tasks."""
    assert most(Design(3).teams(15), 15, byzantine, 2) == lost


def test_blocks_of_ones_own():
    design = Design(3, [block[::-1] for block in FANO])
    assert design.teams(7).tolist() == FANO
    assert hash(design) == hash(Design(3, tuple(tuple(block[::-1]) for block in FANO)))
    assert Design(3, FANO * 2).teams(7).tolist() == FANO * 2
    assert Design(2, [[0, 2], [1, 2], [0, 1]]).teams(3).tolist() == [[0, 2], [1, 2], [0, 1]]


def test_blocks_of_ones_own_are_for_their_number_of_workers():
    with pytest.raises(
        ValueError, match=r"workers=9, .*assignment\.blocks are a design for 7 workers; .*=7$"
    ):
        Design(3, FANO).teams(9)


def swapped(block: int, member: int, worker: int) -> list[list[int]]:
    blocks = [list(b) for b in FANO]
    blocks[block][member] = worker
    return blocks


@pytest.mark.parametrize(
    ("blocks", "message"),
    [
        ([], r"assignment\.blocks=\[\] must hold at least one block; use null"),
        ([0, 1, 3], r"assignment\.blocks\[0\]=0 must be a list of workers; use \[\["),
        (["013"], r"assignment\.blocks\[0\]='013' must be a list of workers; use \[\["),
        (
            [[0, 1, 2], [0, 1]],
            r"assignment\.blocks\[1\]=\[0, 1\] must have assignment\.replication=3 workers.*=2 if",
        ),
        (
            swapped(6, 0, 5),
            r"assignment\.blocks\[6\]=\[5, 4, 5\] must be distinct workers 0\.\.K-1",
        ),
        (swapped(3, 1, -1), r"assignment\.blocks\[3\]=\[1, -1, 5\] must be distinct workers"),
        (swapped(3, 1, "3"), r"assignment\.blocks\[3\]=\[1, '3', 5\] must be distinct workers"),
        (
            swapped(6, 2, 6),
            r"assignment\.blocks .*workers 2 and 6 share 2, workers 2 and 5 share 0; correct",
        ),
        (FANO[:-1], r"workers 0 and 1 share 1, workers 2 and 4 share 0"),
        (swapped(0, 0, 7), r"workers 0 and 3 share 1, workers 0 and 1 share 0"),
    ],
)
def test_refuses_blocks_that_are_no_design(blocks, message):
    with pytest.raises(ValueError, match=message):
        Design(3, blocks)


@pytest.mark.parametrize("replication", [-1, 0, 1, 2.5, "x"])
def test_refuses_copies_that_cannot_be_compared(replication):
    with pytest.raises(
        ValueError,
        match=rf"assignment\.replication={replication} must be a whole number >= 2.*use 3",
    ):
        Design(replication)
