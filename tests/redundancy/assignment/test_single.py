"""Tasks of one holder each, nothing to compare."""

import numpy as np
import pytest

from robusttrain.redundancy.assignment.single import Single


@pytest.mark.parametrize("workers", [1, 2, 7])
def test_every_worker_holds_its_own_task_only(workers):
    teams = Single().teams(workers)
    assert teams.dtype == np.int64
    assert teams.tolist() == [[w] for w in range(workers)]


def test_as_many_tasks_as_workers_are_one_each():
    assert np.array_equal(Single(tasks=7).teams(7), Single().teams(7))


@pytest.mark.parametrize(
    ("tasks", "workers", "held"),
    [(7, 3, [3, 2, 2]), (8, 3, [3, 3, 2]), (9, 3, [3, 3, 3]), (5, 4, [2, 1, 1, 1]), (3, 1, [3])],
)
def test_tasks_are_shared_out_side_by_side_and_nearly_evenly(tasks, workers, held):
    holders = Single(tasks).teams(workers).ravel().tolist()
    assert holders == [w for w, count in enumerate(held) for _ in range(count)]


@pytest.mark.parametrize("workers", range(1, 7))
def test_the_worst_liars_are_those_who_hold_most(workers, most):
    for tasks in range(workers, 3 * workers + 2):
        assignment = Single(tasks)
        teams = assignment.teams(workers)
        for q in range(workers + 1):
            best = most(teams, workers, q, 1)
            for worst in (assignment.worst(workers, q, need=1), assignment.undetected(workers, q)):
                assert worst.count == worst.ceiling == best
                assert np.flatnonzero(np.isin(teams, worst.liars)).tolist() == worst.tasks.tolist()
            assert best == q * (tasks // workers) + min(q, tasks % workers)


def test_one_copy_of_each_task():
    assert Single().replication == 1
    with pytest.raises(TypeError):
        Single(replication=2)


def test_every_liar_wins_its_task_unseen():
    for q in range(5):
        for found in (Single().worst(9, q, need=1), Single().undetected(9, q)):
            assert (found.count, found.ceiling, found.liars) == (q, q, tuple(range(q)))
            assert found.tasks.tolist() == list(range(q))


def test_no_task_has_two_liars():
    assert Single().worst(9, 3, need=2).count == 0


@pytest.mark.parametrize("tasks", [0, -3, 2.5, "x"])
def test_tasks_are_a_whole_number(tasks):
    with pytest.raises(
        ValueError, match=rf"^assignment\.tasks={tasks} must be a whole number >= 1; use null"
    ):
        Single(tasks)


def test_fewer_tasks_than_workers_are_refused():
    assert Single(tasks=4).obstacle(4) is None
    assert Single(tasks=4).obstacle(5) == "assignment.tasks=4 must be at least one a worker"
    with pytest.raises(
        ValueError,
        match=r"^assignment\.tasks=4 must be at least workers=5, one each; use assignment",
    ):
        Single(tasks=4).teams(5)


def test_needs_a_worker():
    with pytest.raises(
        ValueError, match=r"assignment=single .*workers=0.*must be a worker; use workers=1$"
    ):
        Single().teams(0)
