"""Figures of a table: written and read again with every bit; cut off lines."""

import math

from robusttrain.study.cell import MEASURES
from robusttrain.study.figures import Figure, hardware
from robusttrain.study.figures_file import read, write

MEASURED = dict.fromkeys(MEASURES, 1 / 3) | {"loss": math.inf}
FIGURE = Figure("3 liars, ALIE", "mean", 1, 50, "0a1b2c3d", hardware(), MEASURED)


def test_what_is_written_is_read_bit_by_bit(tmp_path):
    path = tmp_path / "new" / "t.csv"
    write(path, [FIGURE])
    assert read(path) == [FIGURE]


def test_a_file_that_is_not_there_holds_nothing(tmp_path):
    assert read(tmp_path / "t.csv") == []


def test_a_line_that_was_cut_off_is_left_out(tmp_path):
    write(tmp_path / "t.csv", [FIGURE, FIGURE])
    text = (tmp_path / "t.csv").read_text()
    (tmp_path / "t.csv").write_text(text[:-30])
    assert read(tmp_path / "t.csv") == [FIGURE]
