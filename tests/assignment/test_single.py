"""One task each, nothing to compare."""

import numpy as np
import pytest

from robusttrain.assignment.single import Single


@pytest.mark.parametrize("workers", [1, 2, 7])
def test_every_worker_holds_its_own_task_only(workers):
    holders = Single().holders(workers)
    assert holders.dtype == bool
    assert np.array_equal(holders, np.eye(workers))


@pytest.mark.parametrize("compared", [True, False])
def test_every_liar_wins_its_task(compared):
    assert [Single().forgeable(9, q, compared) for q in range(5)] == [0, 1, 2, 3, 4]
