"""The command line of the report: where it writes, and a folder without runs."""

import importlib.util

import pytest
from support import ROOT

SPEC = importlib.util.spec_from_file_location("report", ROOT / "launch" / "report.py")
report = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(report)

ROWS = [{"seed": "0", "accuracy": "0.9"}, {"seed": "1", "accuracy": "0.8"}]


def test_markdown_and_csv_hold_the_rows(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(report, "collect", lambda folder: ROWS)
    report.main([str(tmp_path), "--markdown", "--csv", str(tmp_path / "table.csv")])
    lines = capsys.readouterr().out.splitlines()
    assert lines == ["| seed | accuracy |", "| --- | --- |", "| 0 | 0.9 |", "| 1 | 0.8 |"]
    assert (tmp_path / "table.csv").read_text().split() == ["seed,accuracy", "0,0.9", "1,0.8"]


def test_a_folder_without_runs_is_refused(tmp_path):
    with pytest.raises(SystemExit, match=r"^error: .* has no runs below it \(no summary.json"):
        report.main([str(tmp_path)])


def test_a_table_that_cannot_be_written_is_refused_before_runs_are_read(tmp_path):
    path = tmp_path / "none" / "table.csv"
    with pytest.raises(SystemExit, match=f"^error: {path}: there is no folder {path.parent}"):
        report.main([str(tmp_path), "--csv", str(path)])
