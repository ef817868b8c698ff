"""CSV files."""

import csv

from robusttrain.report.csv_file import write_csv


def test_cells_come_back_as_they_were(tmp_path):
    rows = [("a, b", 1), ('"', None), ("two\nlines", 0.5)]
    write_csv(tmp_path / "table.csv", ("name", "number"), iter(rows))
    with (tmp_path / "table.csv").open(newline="") as file:
        lines = list(csv.reader(file))
    expected = [["name", "number"], ["a, b", "1"], ['"', ""], ["two\nlines", "0.5"]]
    assert lines == expected
