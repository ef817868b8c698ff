"""The command line of the report: where it writes, and a folder without runs."""

import importlib.util

import pytest
from support import ROOT

from robusttrain.report.runs import Run

SPEC = importlib.util.spec_from_file_location("report", ROOT / "launch" / "report.py")
report = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(report)

RUNS = [
    Run(
        f"a{seed}", 0.0, {"seed": str(seed), "steps": "5"}, "finished", "",
        {"accuracy": 0.5 + seed}, {"steps": "5"},
    )
    for seed in (0, 1)
]  # fmt: skip


def test_markdown_and_csv_hold_the_rows(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(report, "read_runs", lambda folder: RUNS)
    report.main([str(tmp_path), "--markdown", "--csv", str(tmp_path / "table.csv")])
    runs, title, over_seeds = capsys.readouterr().out.split("\n\n")
    assert runs.splitlines()[2:] == [
        "| a0 | finished | 0 | 0.500 | 5 |", "| a1 | finished | 1 | 1.500 | 5 |"
    ]  # fmt: skip
    assert title == "mean ± standard error over seeds:"
    assert over_seeds.splitlines()[2:] == ["| - | 5 | 2 | 1 ± 0.5 |"]
    lines = (tmp_path / "table.csv").read_text().split()
    expected = ["run,outcome,seed,accuracy,steps", "a0,finished,0,0.500,5", "a1,finished,1,1.500,5"]
    assert lines == expected


def test_a_folder_without_runs_is_refused(tmp_path):
    with pytest.raises(SystemExit, match=r"^error: .* has no runs below it \(no summary.json"):
        report.main([str(tmp_path)])


def test_a_table_that_cannot_be_written_is_refused_before_runs_are_read(tmp_path):
    path = tmp_path / "none" / "table.csv"
    with pytest.raises(SystemExit, match=f"^error: --csv {path}: there is no folder {path.parent}"):
        report.main([str(tmp_path), "--csv", str(path)])
