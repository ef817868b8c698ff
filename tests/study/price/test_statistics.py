"""Statistics of blocks."""

import pytest

from robusttrain.study.price.measured import Block
from robusttrain.study.price.rows import row_of
from robusttrain.study.price.statistics import cpu_by_rank, over, per_step, quartiles, typical


def test_amounts_are_those_of_a_step_of_blocks_of_any_length():
    blocks = [Block("a", 0, 0, 1, [1.0], 2.0, {"pull": 4.0}),
              Block("a", 1, 0, 3, [1.0] * 3, 6.0, {"pull": 4.0, "wait": 4.0})]  # fmt: skip
    assert per_step(blocks, "phases") == {"pull": 2, "wait": 1}
    assert cpu_by_rank(blocks) == {0: 2}


def test_ratios_are_taken_round_by_round():
    assert over({"ddp": {0: 1, 1: 10, 2: 1}, "a": {0: 2, 1: 30, 2: 9}}, "a") == 3
    assert over({"a": {0: 2}}, "a") is None


def test_quartiles_of_one_value():
    assert quartiles([3.0]) == (3.0, 3.0, 3.0)


def test_a_pause_in_one_step_counts_for_little():
    steps = [1.0] * 10
    steps[6 - 1] = 2.0  # the step after the probed one, 5
    assert typical(steps, row_of("probe:0.1")) == pytest.approx(1.1)
    steps[2] = 100.0
    assert typical(steps, row_of("probe:0.1")) == pytest.approx(1.1)
    assert typical([1.0, 2.0, 2.0, 2.0, 4.0], row_of("probe:1")) == 2
    assert typical([1.0, 1.0, 50.0], row_of("ddp")) == 1
