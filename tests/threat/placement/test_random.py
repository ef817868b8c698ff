"""Other liars at every step."""

import numpy as np
import pytest
from support import plan_of

from robusttrain.redundancy.assignment.single import Single
from robusttrain.threat.placement.random import Random

START = plan_of(Single().teams(15))


@pytest.mark.parametrize("byzantine", [0, 1, 7, 15])
def test_draws_are_distinct_sorted_and_in_range(byzantine):
    for step in range(50):
        chosen = Random().choose(step, START, byzantine, seed=2)
        assert len(chosen) == byzantine
        assert chosen.tolist() == sorted(set(range(15)) & set(chosen.tolist()))


def test_a_step_always_draws_the_same_and_steps_differ():
    drawn = [tuple(Random().choose(step, START, 3, seed=0)) for step in range(50)]
    assert drawn == [tuple(Random().choose(step, START, 3, seed=0)) for step in range(50)]
    assert len(set(drawn)) > 30
    assert drawn != [tuple(Random().choose(step, START, 3, seed=1)) for step in range(50)]


def test_every_worker_gets_its_turn():
    start = plan_of(Single().teams(6))
    turns = np.bincount(np.concatenate([Random().choose(s, start, 2, seed=0) for s in range(900)]))
    assert len(turns) == 6
    assert abs(turns - 300).max() < 60


def test_the_global_generator_is_left_alone():
    before = np.random.get_state()[1].copy()
    Random().choose(0, START, 3, seed=0)
    assert np.array_equal(np.random.get_state()[1], before)
