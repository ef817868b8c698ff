"""Lie only where every honest holder is one of the same few."""

from itertools import combinations
from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import claims_of, plan_of, told

from robusttrain.redundancy.assignment.subset import Subset
from robusttrain.threat.target.disagreement import Disagreement


@settings(max_examples=80)
@given(st.sets(st.integers(0, 6), max_size=3), st.one_of(st.none(), st.integers(0, 8)))
def test_a_task_is_a_target_iff_its_honest_holders_are_among_the_lowest(liars, size):
    found = Disagreement(size).tasks(Subset(3).teams(7), np.isin(np.arange(7), list(liars)))
    honest = [w for w in range(7) if w not in liars]
    allowed = liars | {*honest[: len(liars) if size is None else size]}
    assert found.tolist() == [{*task} <= allowed for task in combinations(range(7), 3)]


@settings(max_examples=80)
@given(st.sets(st.integers(0, 8), max_size=4), st.sets(st.integers(0, 8), min_size=5, max_size=8))
def test_workers_that_hold_nothing_count_neither_as_liars_nor_as_framed(liars, members):
    members = sorted(members)
    teams = np.array(members)[Subset(3).teams(len(members))]
    found = Disagreement(None).tasks(teams, np.isin(np.arange(9), list(liars)))
    lying, honest = liars & {*members}, [w for w in members if w not in liars]
    allowed = lying | {*honest[: len(lying)]}
    assert found.tolist() == [{*team} <= allowed for team in teams.tolist()]


@pytest.mark.parametrize("q", range(1, 8))
def test_half_of_the_forged_tasks_are_won(q):
    """C(2q, 3) tasks lie in A and D; a liar holds all but the C(q, 3) that lie in D."""
    teams = Subset(3).teams(15)
    lies = told(teams, 15, range(1, 2 * q, 2), Disagreement(None)).sum(axis=1)
    assert (lies > 0).sum() == comb(2 * q, 3) - comb(q, 3)
    assert (2 * lies > 3).sum() == comb(2 * q, 3) // 2


def test_each_liar_differs_from_exactly_the_chosen_honest():
    plan = plan_of(Subset(3).teams(15))
    differs = claims_of(plan, told(plan.teams, 15, range(5), Disagreement(None))).disagreements
    assert np.array_equal(differs[:5], np.broadcast_to([0] * 5 + [1] * 5 + [0] * 5, (5, 15)))
    assert np.array_equal(differs[5:], differs[:5].T[5:].any(axis=1)[:, None] & (np.arange(15) < 5))


def test_refuses_a_negative_size():
    with pytest.raises(ValueError, match=r"target\.size=-1 must be >= 0; use null"):
        Disagreement(-1)
