"""One task each, nothing to compare."""

import numpy as np
import pytest

from robusttrain.redundancy.assignment.single import Single


@pytest.mark.parametrize("workers", [1, 2, 7])
def test_every_worker_holds_its_own_task_only(workers):
    teams = Single().teams(workers)
    assert teams.dtype == np.int64
    assert teams.tolist() == [[w] for w in range(workers)]


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


def test_needs_a_worker():
    with pytest.raises(
        ValueError, match=r"assignment=single .*workers=0.*must be a worker; use workers=1$"
    ):
        Single().teams(0)
