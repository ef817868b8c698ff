"""Descriptions of tables: their cells, and what is refused of a file."""

import pytest

from robusttrain.config.compose import recipe
from robusttrain.study.grid import TABLES, names, read_grid

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


def test_cells_are_paired_seed_by_seed(grid):
    cells = list(grid(GOOD).cells())
    assert [(c.seed, c.row, c.column) for c in cells] == [
        (seed, *place) for seed in (0, 1) for place in (("a", "d"), ("b", "c"), ("b", "d"))
    ]
    assert cells[1].words == ("steps=3", "x=2", "seed=0")


def test_an_integer_secret_repeats_whoever_gives_it_last(grid):
    text = GOOD.replace("[steps=3]", '["defense.secret=${seed}"]').replace(
        "d: []", "d: [defense.secret=null]"
    )
    assert grid(text).repeats(("b", "c"))
    assert not grid(text).repeats(("b", "d"))
    assert not grid(GOOD).repeats(("b", "c"))


def test_an_unknown_table_lists_those_there_are():
    with pytest.raises(ValueError, match=r"no table 'prices'; there are .*probes"):
        read_grid("prices")


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


@pytest.mark.parametrize("name", names(TABLES))
def test_the_tables_of_the_docs_can_be_read(name):
    grid = read_grid(name)
    first = next(grid.cells())
    assert recipe(*first.words).seed == grid.seeds[0]
