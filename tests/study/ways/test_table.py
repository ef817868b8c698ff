"""The table of ways."""

import pytest
import torch
from rich.console import Console

from robusttrain.study.ways import table
from robusttrain.study.ways.table import cells, ways_table
from robusttrain.study.ways.timing import Timed
from robusttrain.study.ways.trial import Case

CASE = Case("small_cnn", ("data=digits",), tasks=4, samples=2, chunk=2)
TIMED = Timed(0.1, {"loop": 0.4, "batched": 0.2}, {}, {"vmap": "no rule"})


def test_a_line_a_way_beside_plain(monkeypatch):
    monkeypatch.setattr(table, "Trial", lambda case, device: None)
    monkeypatch.setattr(table, "compare", lambda trial, repeat, clock: TIMED)
    made, refused = ways_table([CASE, CASE], torch.device("cpu"), 1, "wall")
    assert made.row_count == 8
    assert refused == ["small_cnn, vmap: no rule"] * 2
    console = Console(width=150, color_system=None)
    with console.capture() as shown:
        console.print(made)
    assert "4 x 2" in shown.get()


def test_figures_are_those_of_a_task():
    assert cells("batched", TIMED, 4) == ["50", "2.00", "-", "auto"]
    assert cells("loop", TIMED, 4) == ["100", "4.00", "-", ""]
    assert cells("vmap", TIMED, 4) == ["-", "-", "-", ""]


def test_all_cases_are_checked_before_the_first(monkeypatch):
    def check_memory(case, device):
        raise ValueError("too many")

    monkeypatch.setattr(table, "check_memory", check_memory)
    monkeypatch.setattr(table, "compare", lambda *given: pytest.fail("computed"))
    with pytest.raises(ValueError, match="too many"):
        ways_table([CASE], torch.device("cpu"), 1, "wall")
