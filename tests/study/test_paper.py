"""Tables that are run: what is missing, in this process or in others, with the bits of any run."""

import pytest
import torch
from support import PUBLIC, SMALL

from robusttrain.study import paper
from robusttrain.study.figures_file import read
from robusttrain.study.grid import Grid
from robusttrain.study.measure import measure
from robusttrain.study.paper import complete, fill, missing

LIAR = [
    "threat.byzantine=1", "target=all", "assignment=single", "agreement=none", "detector=none"
]  # fmt: skip
GRID = Grid(
    "t", "t", [0, 1], {"honest": [], "one liar": LIAR}, {"mean": []},
    base=[*SMALL, PUBLIC],
)  # fmt: skip


def test_it_goes_on_where_it_was_broken_off(monkeypatch, tmp_path):
    path, said = tmp_path / "t.csv", []
    fill(GRID, path, most=3, tell=said.append)
    assert len(read(path)) == len(said) == 3
    assert [(c.row, c.seed) for c in missing(GRID, read(path))] == [("one liar", 1)]
    begun = []
    monkeypatch.setattr(
        paper, "measure", lambda cell, at, once=measure: begun.append(cell) or once(cell, at)
    )
    figures = fill(GRID, path, tell=said.append)
    assert [(c.row, c.seed) for c in begun] == [("one liar", 1)]
    assert figures == read(path)
    assert complete(GRID, path)


def test_figures_of_cells_that_were_changed_are_run_again(tmp_path):
    path = tmp_path / "t.csv"
    fill(GRID, path, most=1, tell=str)
    other = Grid("t", "t", [0], {"honest": []}, {"mean": []}, base=[*GRID.base, "steps=2"])
    assert [f.step for f in fill(other, path, tell=str)] == [2]


def test_a_cell_that_is_refused_is_refused_before_any_runs(tmp_path):
    wrong = Grid("t", "t", [0], {"a": [], "b": ["threat.byzantine=9"]}, {"c": []}, base=GRID.base)
    with pytest.raises(ValueError, match=r"^b, c: .*threat.byzantine"):
        fill(wrong, tmp_path / "t.csv", tell=str)
    assert read(tmp_path / "t.csv") == []


def test_other_processes_find_the_same_bits(tmp_path):
    one = Grid("t", "t", [0], {"honest": []}, {"mean": []}, base=GRID.base)
    here = fill(one, tmp_path / "1.csv", tell=str)
    assert fill(one, tmp_path / "2.csv", jobs=2, tell=str) == here
    assert torch.get_num_threads() == 1
