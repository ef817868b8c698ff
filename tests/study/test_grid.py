"""Tables: their cells, and which of them repeat bit by bit."""

from dataclasses import replace

from robusttrain.study.grid import Grid

GRID = Grid(
    "t", "t", [0, 1], {"a": ["x=1"], "b": []}, {"c": ["x=2"], "d": ["x=3"]}, base=["steps=3"],
    only={"c": ["b"]},
)  # fmt: skip


def test_cells_are_paired_seed_by_seed():
    cells = list(GRID.cells())
    assert [(c.seed, c.row, c.column) for c in cells] == [
        (seed, *place) for seed in (0, 1) for place in (("a", "d"), ("b", "c"), ("b", "d"))
    ]
    assert cells[0].words == ("steps=3", "x=1", "x=3", "seed=0")


def test_an_integer_secret_repeats_whoever_gives_it_last():
    columns = {"c": [], "d": ["defense.secret=null"]}
    grid = replace(GRID, base=["defense.secret=${seed}"], columns=columns)
    assert grid.repeats(("b", "c"))
    assert not grid.repeats(("b", "d"))
    assert not GRID.repeats(("b", "c"))
