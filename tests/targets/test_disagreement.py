"""Lie only where every honest holder is one of the same few."""

from itertools import combinations
from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from robusttrain.assignment.subset import Subset
from robusttrain.targets.disagreement import Disagreement


@settings(max_examples=80, deadline=None)
@given(st.sets(st.integers(0, 6), max_size=3), st.one_of(st.none(), st.integers(0, 8)))
def test_a_task_is_a_target_iff_its_honest_holders_are_among_the_lowest(liars, size):
    found = Disagreement(size).tasks(Subset(3).holders(7), np.isin(np.arange(7), list(liars)))
    honest = [w for w in range(7) if w not in liars]
    allowed = liars | {*honest[: len(liars) if size is None else size]}
    assert found.tolist() == [{*task} <= allowed for task in combinations(range(7), 3)]


@pytest.mark.parametrize("q", range(1, 8))
def test_half_of_the_forged_tasks_are_won(q):
    """C(2q, 3) tasks lie in A and D; a liar holds all but the C(q, 3) that lie in D."""
    holders, liars = Subset(3).holders(15), np.arange(15) % 2 == 1
    liars[np.flatnonzero(liars)[q:]] = False
    forged = Disagreement(None).tasks(holders, liars) & holders[liars].any(axis=0)
    won = forged & (2 * holders[liars].sum(axis=0) > 3)
    assert forged.sum() == comb(2 * q, 3) - comb(q, 3)
    assert won.sum() == comb(2 * q, 3) // 2


def test_each_liar_differs_from_exactly_the_chosen_honest():
    holders, liars = Subset(3).holders(15), np.arange(15) < 5
    forged = holders & liars[:, None] & Disagreement(None).tasks(holders, liars)
    differs = (forged.astype(int) @ (holders & ~liars[:, None]).T.astype(int)) > 0
    assert np.array_equal(differs[liars], np.broadcast_to([0] * 5 + [1] * 5 + [0] * 5, (5, 15)))


def test_refuses_a_negative_size():
    with pytest.raises(ValueError, match=r"targets\.size=-1 must be >= 0; use null"):
        Disagreement(-1)
