"""What is refused of the file of a table, each in one line."""

import pytest

from robusttrain.study.grid_file import read_grid

GOOD = """
title: t
seeds: [0, 1]
base: [steps=3]
rows: {a: [x=1], b: []}
columns: {c: [x=2], d: []}
only: {c: [b]}
"""


@pytest.fixture
def grid(tmp_path):
    def read(text):
        (tmp_path / "mine.yaml").write_text(text)
        return read_grid("mine", tmp_path)

    return read


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (GOOD + "sedes: [1]", r"unknown key 'sedes'; a table has at, base, .*seeds"),
        (GOOD.replace("title: t", ""), r"title is missing; a table needs title"),
        (GOOD.replace("[x=1]", "x=1"), r"rows: 'a' must be a list of overrides"),
        (GOOD + "shows: [accurcy]", r"shows 'accurcy'; there are accuracy, loss"),
        (GOOD.replace("{c: [b]}", "{e: [b]}"), r"'e' is none of its columns"),
        (GOOD.replace("{c: [b]}", "{c: [e]}"), r"'e' is none of its rows"),
        (GOOD + "promises: [{columns: [e], row: a, column: d, within: 1}]", r"'e' is none"),
        (GOOD + "promises: [{columns: [d], row: a}]", r"a promise has columns, row, column, w"),
        (GOOD.replace("{c: [b]}", "[c]"), r"only must be keys and values"),
        (GOOD.replace("[0, 1]", "3"), r"seeds must be a list"),
        ("[1, 2]", r"must hold keys and values"),
        ("a: [", r"is not YAML"),
    ],
)
def test_bad_files_are_refused_in_one_line(grid, text, says):
    with pytest.raises(ValueError, match=says) as error:
        grid(text)
    assert "\n" not in str(error.value)
