"""Where two sets of figures differ: to the last bit, or by standard errors."""

from dataclasses import replace

import pytest
from tables import GRID, figures

from robusttrain.study.differences import differences


def test_the_last_bit_is_a_difference_where_bits_repeat():
    stored, now = figures("c", 0.5, 0.7), figures("c", 0.5, 0.7000000000000001)
    assert differences(GRID, stored, stored) == []
    assert differences(GRID, now, stored) == [
        "a, c, seed 1, step 9: accuracy 0.7000000000000001, stored 0.7"
    ]


@pytest.mark.parametrize(
    ("grid", "hardware"), [(GRID, "arm"), (replace(GRID, base=[]), "x86")], ids=["other", "drawn"]
)
def test_means_far_apart_are_a_difference_where_bits_do_not_repeat(grid, hardware):
    stored = figures("c", 0.50, 0.52)
    near, far = (figures("c", v, v + 0.02, hardware=hardware) for v in (0.51, 0.60))
    assert differences(grid, near, stored) == []
    assert differences(grid, far, stored) == [
        "a, c, step 9: accuracy 0.610 ± 0.01, stored 0.510 ± 0.01"
    ]


def test_figures_of_other_overrides_are_not_compared():
    stored = [replace(f, words="v") for f in figures("c", 0.1)]
    assert differences(GRID, figures("c", 0.9), stored) == [
        "a, c, seed 0, step 9: the overrides are others than those stored"
    ]
