"""What is written is what a reader gets back."""

import csv

from robusttrain.report.csv_file import write_csv


def test_reads_back_with_commas_quotes_and_line_ends(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("what was there before\n" * 9)
    write_csv(path, ["name", "count"], (row for row in [("a,b", 1), ('say "x"\nnow', 2.5)]))
    with path.open(newline="") as file:
        assert list(csv.reader(file)) == [["name", "count"], ["a,b", "1"], ['say "x"\nnow', "2.5"]]
    assert b"\r\r" not in path.read_bytes()


def test_no_rows_leave_the_head(tmp_path):
    write_csv(tmp_path / "table.csv", ["name"], [])
    assert (tmp_path / "table.csv").read_text().split() == ["name"]
