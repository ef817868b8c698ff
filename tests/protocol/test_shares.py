"""Shares: one task a worker that holds any."""

import numpy as np
import pytest
from support import plan_of

from robusttrain.protocol.shares import shares


def test_each_holder_has_one_share_and_the_others_none():
    whole = plan_of(np.array([[4], [4], [1], [2]]), workers=5, step=3, evicted=[0])
    made = shares(whole)
    assert made.whole is whole
    assert made.holders == [1, 2, 4]
    assert [tasks.tolist() for tasks in made.holdings] == [[], [0], [1], [], [2]]
    assert (made.step, made.workers, made.evicted) == (3, 5, {0})


def test_copies_have_no_shares():
    with pytest.raises(AssertionError, match="several holders"):
        shares(plan_of(np.array([[0, 1]])))
