"""What the survivors go on with."""

import numpy as np
import pytest

from robusttrain.certificate.certificate import certify
from robusttrain.certificate.scheme import Scheme, largest, scheme
from robusttrain.redundancy.assignment.cyclic import Cyclic
from robusttrain.redundancy.assignment.mols import Mols
from robusttrain.redundancy.assignment.repetition import Repetition
from robusttrain.redundancy.assignment.single import Single
from robusttrain.redundancy.assignment.subset import Subset


def start(assignment, workers: int, byzantine: int = 0) -> Scheme:
    return Scheme(assignment, workers, tuple(range(workers)), byzantine)


def survivors(made: Scheme, *out: int) -> tuple[int, ...]:
    return tuple(w for w in range(made.workers) if w not in out)


def test_nobody_out_changes_nothing():
    made = start(Mols(3), 15, 3)
    assert scheme(made, (), 1) is made
    assert np.array_equal(made.teams, Mols(3).teams(15))


@pytest.mark.parametrize(
    ("assignment", "workers", "out"),
    [
        (Subset(3), 15, (4,)),
        (Subset(5), 9, (0, 8)),
        (Cyclic(3), 9, (1, 2)),
        (Repetition(3), 15, (0, 7, 14)),
        (Mols(3), 15, (2, 3, 14)),
        (Single(), 6, (0, 3, 5)),
    ],
)
def test_the_same_scheme_goes_on_if_it_exists_for_so_many(assignment, workers, out):
    made = start(assignment, workers)
    successor = scheme(made, out, 10**6)
    assert successor.assignment is assignment
    assert successor.workers == workers
    assert successor.members == survivors(made, *out)
    expected = np.array(successor.members)[assignment.teams(workers - len(out))]
    assert np.array_equal(successor.teams, expected)
    assert (np.diff(successor.teams, axis=1) > 0).all()
    assert not set(out) & set(successor.teams.ravel().tolist())


def test_as_many_fewer_liars_are_assumed_as_are_out():
    made = start(Subset(3), 15, 3)
    assert [
        scheme(made, tuple(range(n)), 10**6).byzantine for n in range(1, 6)
    ] == [2, 1, 0, 0, 0]  # fmt: skip


def test_never_half_of_those_left_are_assumed_to_lie():
    for out in range(6):
        successor = scheme(start(Subset(3), 9, 4), tuple(range(out)), 10**6)
        assert 2 * successor.byzantine < len(successor.members)


def candidates(made: Scheme, out: tuple[int, ...], batch: int) -> list[Scheme]:
    """What may follow, by the rule: the largest K that fits, at most `batch` tasks."""
    copies, left = made.assignment.replication, survivors(made, *out)
    options = []
    for assignment in (made.assignment, Subset(copies), Repetition(copies)):
        for size in range(len(left), 0, -1):
            if assignment.obstacle(size) is None:
                byzantine = max(0, made.byzantine - len(out))
                options.append(Scheme(assignment, made.workers, left[:size], byzantine))
                break
    return [s for s in options if len(s.teams) <= batch and len(s.members) > 2 * s.byzantine]


@pytest.mark.parametrize(
    ("out", "batch"),
    [((6,), 1000), ((6,), 100), ((6,), 4), ((0, 1), 286), ((0, 1), 285), ((2, 3, 4, 9), 1000)],
)
@pytest.mark.parametrize("byzantine", [1, 3, 5])
def test_else_the_candidate_that_concedes_least_then_the_cheapest(out, batch, byzantine):
    made = start(Mols(3), 15, byzantine)
    successor, options = scheme(made, out, batch), candidates(made, out, batch)

    def harm(s: Scheme) -> tuple[float, int]:
        """By as many liars as were assumed at the start, as far as there can be so many."""
        size = len(s.members)
        worst = certify(s.assignment, size, min(byzantine, (size - 1) // 2)).undetected
        return worst.ceiling / len(s.teams), s.teams.size

    assert harm(successor) == min(map(harm, options))
    same = (successor.assignment, successor.members, successor.byzantine)
    assert same in [(s.assignment, s.members, s.byzantine) for s in options]


def test_mols_of_fifteen_without_one():
    """14 workers: MOLS takes 12, with side 4; subsets 14; groups of three 12."""
    one = start(Mols(3), 15, 1)
    successor = scheme(one, (6,), 10**6)  # to a single liar no scheme concedes anything
    assert successor.byzantine == 0
    assert str(successor) == "Repetition(replication=3) on 12 workers"
    assert successor.members == survivors(one, 6)[:12]
    assert len(successor.teams) == 4
    two = scheme(start(Mols(3), 15, 2), (6,), 10**6)  # two win a group, but 2 of 364 subsets
    assert (two.byzantine, two.assignment) == (1, Subset(3))
    assert two.members == survivors(one, 6)
    assert scheme(start(Mols(3), 15, 2), (6,), 363).assignment == Mols(3)  # 1 of 16 tasks


def test_the_batch_bounds_the_tasks_but_not_of_the_scheme_that_stays():
    made = start(Mols(3), 15, 3)
    assert scheme(made, (6,), 364).assignment == Subset(3)
    assert scheme(made, (6,), 363).assignment != Subset(3)
    assert len(scheme(start(Subset(3), 15, 3), (0,), 455).teams) == 364


def test_idle_members_are_named_and_hold_nothing():
    successor = scheme(start(Repetition(3), 15, 1), (0,), 5)
    assert len(successor.members) == 12
    assert successor.members == tuple(range(1, 13))
    assert "on 12 workers" in str(successor)
    assert set(successor.teams.ravel().tolist()) == set(range(1, 13))


@pytest.mark.parametrize(
    ("assignment", "workers", "out", "batch"),
    [
        (Subset(3), 5, (0, 1, 2), 100),  # two workers, three copies
        (Repetition(5), 5, (3,), 100),
        (Mols(3), 15, (0,), 3),  # four groups at least
    ],
)
def test_there_may_be_none(assignment, workers, out, batch):
    with pytest.raises(ValueError, match=r"no scheme with \d copies of a task exists for \d+ work"):
        scheme(start(assignment, workers), out, batch)


def test_without_redundancy_nothing_else_is_tried():
    successor = scheme(start(Single(), 4, 1), (0, 1, 2), 4)
    assert (successor.assignment, successor.members) == (Single(), (3,))
    with pytest.raises(ValueError, match="no scheme with 1 copies"):
        scheme(start(Single(), 2), (0, 1), 2)


def test_a_number_of_tasks_that_was_set_is_shared_out_among_those_left():
    made = start(Single(tasks=7), 5, 2)
    successor = scheme(made, (0, 3), 14)
    assert successor.assignment is made.assignment
    assert successor.members == (1, 2, 4)
    assert successor.byzantine == 0
    assert successor.teams.ravel().tolist() == [1, 1, 1, 2, 2, 4, 4]
    assert len(scheme(made, (0, 1, 2, 3), 7).teams) == 7


@pytest.mark.parametrize("assignment", [Subset(3), Repetition(3), Mols(3), Cyclic(3), Single()])
def test_largest_is_the_largest(assignment):
    for workers in range(1, 20):
        fit = [k for k in range(1, workers + 1) if assignment.obstacle(k) is None]
        assert largest(assignment, workers) == max(fit, default=0)
