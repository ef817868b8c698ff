"""Tasks are spread as evenly as possible, by brute force and on whole schemes."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from robusttrain.combinatorics.load_balance import balanced, in_turn
from robusttrain.redundancy.assignment.mols import Mols
from robusttrain.redundancy.assignment.ramanujan import Ramanujan
from robusttrain.redundancy.assignment.subset import Subset
from robusttrain.types import DROPPED


def loads(chosen) -> np.ndarray:
    chosen = np.asarray(chosen)
    return np.bincount(chosen[chosen != DROPPED], minlength=1)


def busiest(chosen) -> int:
    return int(loads(chosen).max())


@st.composite
def graphs(draw):
    """(teams, willing, workers) of at most 5 workers and 7 tasks."""
    workers = draw(st.integers(1, 5))
    copies, tasks = draw(st.integers(1, min(3, workers))), draw(st.integers(1, 7))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    teams = np.sort([rng.permutation(workers)[:copies] for _ in range(tasks)])
    return teams, rng.random(teams.shape) < draw(st.sampled_from([0.4, 0.8, 1.0])), workers


@settings(max_examples=300)
@given(graphs())
def test_no_other_choice_spreads_the_tasks_more_evenly(graph):
    teams, willing, workers = graph
    options = [t[w].tolist() or [DROPPED] for t, w in zip(teams, willing, strict=True)]
    chosen = balanced(teams, willing, workers)
    assert all(worker in able for worker, able in zip(chosen, options, strict=True))
    for cost in (busiest, squares, lambda choice: -sources(choice, 2), lambda c: -sources(c, 1)):
        assert cost(chosen) == min(map(cost, product(*options)))


def squares(chosen) -> int:
    return int((loads(chosen) ** 2).sum())


def sources(chosen, most: int) -> int:
    """The tasks that workers have, up to `most` each."""
    return int(np.minimum(loads(chosen), most).sum())


def test_a_task_goes_on_over_several_workers():
    """Worker 0 can give to 1 alone, and 1 to 2 alone: only a path of two unloads worker 0."""
    teams = np.array([[0, 1], [0, 3], [1, 2], [0, 3], [1, 3]])
    willing = np.array([[1, 1], [1, 0], [1, 1], [1, 0], [1, 0]], dtype=bool)
    assert in_turn(teams, willing).tolist() == [0, 0, 1, 0, 1]
    assert balanced(teams, willing, 4).tolist() == [1, 0, 2, 0, 1]


def test_nobody_and_no_task():
    teams = np.array([[0, 1], [0, 1]])
    assert balanced(teams, np.zeros((2, 2), bool), 2).tolist() == [DROPPED, DROPPED]
    assert balanced(np.empty((0, 3), int), np.empty((0, 3), bool), 4).tolist() == []


@pytest.mark.parametrize("out", [(), (0,), (0, 1, 2), (0, 7, 14)])
@pytest.mark.parametrize("scheme", [Subset(3), Mols(3), Ramanujan(3)])
def test_published_schemes_are_spread_evenly(scheme, out):
    teams = scheme.teams(15)
    chosen = balanced(teams, ~np.isin(teams, out), 15)
    assert busiest(chosen) == -(-np.count_nonzero(chosen != DROPPED) // (15 - len(out)))


def test_a_hundred_thousand_tasks_are_spread_evenly():
    teams = Subset(3).teams(85)
    assert busiest(balanced(teams, np.ones(teams.shape, bool), 85)) == 98770 // 85
