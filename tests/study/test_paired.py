"""Means over paired seeds: cells, what is missing, steps."""

from dataclasses import replace

from tables import GRID, figures

from robusttrain.study.paired import markdown, shown


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
