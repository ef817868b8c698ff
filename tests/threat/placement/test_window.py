"""Other liars every so many steps."""

import numpy as np
import pytest
from support import plan_of

from robusttrain.redundancy.assignment.single import Single
from robusttrain.threat.placement.window import Window

START = plan_of(Single().teams(15))


@pytest.mark.parametrize("length", [1, 3, 10])
def test_constant_inside_a_window_and_changing_across(length):
    windows = [
        {tuple(Window(length).choose(w * length + i, START, 3, seed=0)) for i in range(length)}
        for w in range(30)
    ]
    assert all(len(drawn) == 1 for drawn in windows)
    assert len(set.union(*windows)) > 20


@pytest.mark.parametrize("byzantine", [0, 1, 7, 15])
def test_draws_are_distinct_sorted_and_in_range(byzantine):
    for step in range(0, 200, 10):
        chosen = Window(10).choose(step, START, byzantine, seed=2)
        assert len(chosen) == byzantine
        assert chosen.tolist() == sorted(set(range(15)) & set(chosen.tolist()))


def test_seeds_differ():
    assert len({tuple(Window(10).choose(0, START, 3, seed)) for seed in range(50)}) > 30


@pytest.mark.parametrize("length", [0, -5])
def test_refuses_an_empty_window(length):
    with pytest.raises(ValueError, match=rf"placement\.length={length} must be a whole"):
        Window(length)


def test_the_global_generator_is_left_alone():
    before = np.random.get_state()[1].copy()
    Window(10).choose(0, START, 3, seed=0)
    assert np.array_equal(np.random.get_state()[1], before)
