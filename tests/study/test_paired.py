"""Means over paired seeds, and where two sets of figures differ."""

from dataclasses import replace

import pytest

from robusttrain.study.figures import Figure
from robusttrain.study.grid import MEASURES, Grid
from robusttrain.study.paired import broken_promises, differences, markdown, shown

SECRET = ["defense.secret=0"]
GRID = Grid(
    "t", "t", [0, 1], {"a": []}, {"c": [], "d": []}, ["accuracy", "convicted"], base=SECRET,
    promises=[{"columns": ["d"], "row": "a", "column": "c", "within": 0.1}],
)  # fmt: skip
ZERO = dict.fromkeys(MEASURES, 0.0)


def figures(column, *accuracies, step=9, hardware="x86"):
    return [
        Figure("a", column, seed, step, "w", hardware, ZERO | {"accuracy": value, "convicted": 3})
        for seed, value in enumerate(accuracies)
    ]


def test_a_cell_is_mean_and_standard_error_and_the_other_means():
    assert shown(GRID, figures("c", 0.5, 0.7), ("a", "c"), 9) == "0.600 ± 0.1 (3)"


def test_missing_seeds_and_missing_cells_are_said():
    table = markdown(GRID, figures("c", 0.5))
    assert table.splitlines()[-1] == "| a | 0.500 (3) [1 seed] | - |"


def test_a_row_for_each_step_where_it_is_measured_at_several():
    grid = replace(GRID, at=[5, 9], shows=["accuracy"])
    table = markdown(grid, [*figures("c", 0.1, step=5), *figures("c", 0.2, step=9)])
    assert [line.split(" | ")[1:3] for line in table.splitlines()[2:]] == [
        ["5", "0.100 [1 seed]"], ["9", "0.200 [1 seed]"]
    ]  # fmt: skip


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


def test_a_promise_is_of_the_mean_of_paired_differences():
    base = figures("c", 0.5, 0.9)
    assert broken_promises(GRID, [*base, *figures("d", 0.45, 0.8)]) == []
    assert broken_promises(GRID, [*base, *figures("d", 0.3, 0.8)]) == [
        "a, d, step 9: accuracy is -0.150 ± 0.05 from a, c; promised within 0.1"
    ]
    assert broken_promises(GRID, [*base, *figures("d", float("nan"))]) != []
