"""The same liars at every step."""

import numpy as np
import pytest
from support import plan_of

from robusttrain.redundancy.assignment.single import Single
from robusttrain.threat.placement.fixed import Fixed

START = plan_of(Single().teams(15))


@pytest.mark.parametrize("byzantine", [0, 1, 7, 15])
def test_a_draw_is_distinct_sorted_in_range_and_never_changes(byzantine):
    for seed in range(20):
        chosen = Fixed(None).choose(0, START, byzantine, seed)
        assert len(chosen) == byzantine
        assert chosen.tolist() == sorted(set(range(15)) & set(chosen.tolist()))
        for step in (1, 2, 999):
            assert np.array_equal(Fixed(None).choose(step, START, byzantine, seed), chosen)


def test_other_seeds_draw_others():
    assert len({tuple(Fixed(None).choose(0, START, 3, seed)) for seed in range(50)}) > 30


def test_a_list_is_sorted_and_obeyed():
    assert Fixed([9, 0, 4]).choose(5, plan_of(Single().teams(10)), 3, seed=1).tolist() == [0, 4, 9]
    assert Fixed([]).choose(5, plan_of(Single().teams(10)), 0, seed=1).tolist() == []


@pytest.mark.parametrize("listed", [[0], [0, 1, 2], [0, 0], [0, 5], [-1, 0]])
def test_refuses_a_list_that_does_not_fit(listed):
    with pytest.raises(ValueError) as error:
        Fixed(listed).choose(0, plan_of(Single().teams(5)), 2, seed=0)
    said = str(error.value)
    assert f"placement.workers={listed} must be threat.byzantine=2 distinct workers" in said
    assert "between 0 and 4" in said
    assert "set it to null" in said


def test_the_global_generator_is_left_alone():
    before = np.random.get_state()[1].copy()
    Fixed(None).choose(0, START, 3, seed=0)
    assert np.array_equal(np.random.get_state()[1], before)
