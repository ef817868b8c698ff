"""Runs side by side, and how a sweep ends."""

import atexit
import csv
import json

import pytest
from omegaconf import OmegaConf

from robusttrain.report.runs import read_runs
from robusttrain.report.table import Report, as_markdown, rows_of, save, show_all

REFUSED = {"finished": False, "refused": True, "error": "batch=7 [why]"}


@pytest.fixture
def rows(tmp_path):
    """rows() -> a row for each run that was left."""
    return lambda: rows_of(read_runs(tmp_path))


@pytest.fixture
def sweep(tmp_path, monkeypatch):
    """The configuration of a sweep, and what its start leaves to the end of the process."""
    left = []
    monkeypatch.setattr(atexit, "register", lambda *call: left.append(call))
    folder = tmp_path / "runs" / "sweeps" / "now"
    return OmegaConf.create({"hydra": {"sweep": {"dir": str(folder)}}}), folder, left


def test_only_what_tells_the_runs_apart_is_a_column(run, rows):
    run("b", {"threat": {"byzantine": 5}})
    run("a", {"threat": {"byzantine": 7}, "seed": 1})  # the seed adds nothing to that
    run("c", {"threat": {"byzantine": 7}, "preaggregator": None, "seed": 1})
    table = rows()
    assert [row["run"] for row in table] == ["b", "a", "c"]
    assert [row["true liars"] for row in table] == ["5", "7", "7"]
    assert [row["preaggregator"] for row in table] == ["bucketing", "bucketing", "none"]
    assert not {"seed", "label", "detector", "workers", "error"} & set(table[0])


def test_a_parameter_that_alone_tells_runs_apart_is_a_column(run, rows):
    for length in (5, 15):
        run(f"a{length}", {"placement": {"length": length}, "runtime": {"port": length}})
    run("b", {"placement": {"_target_": "robusttrain.threat.placement.fixed.Fixed"}})
    table = rows()
    assert [row["placement.length"] for row in table] == ["5", "15", "-"]
    columns = ["run", "outcome", "placement", "placement.length", "accuracy", "steps"]
    assert list(table[0])[:6] == columns


def test_a_single_run_is_told_by_its_label(run, rows):
    run("only")
    (row,) = rows()
    assert (row["label"], row["accuracy"], row["steps"]) == ("plain", "0.988", "100")


def test_runs_of_other_lengths_are_told_by_their_steps(run, rows):
    run("a")
    run("b", {"steps": 7}, steps=7)
    assert [row["steps"] for row in rows()] == ["100", "7"]


def test_runs_with_other_measures_have_columns_of_their_own(run, rows):
    run("a")
    run("b", {"seed": 1}, test_accuracy=None, test_loss=1234.5678)
    assert [(row["accuracy"], row["loss"]) for row in rows()] == [("0.988", "-"), ("-", "1235")]


def test_a_measure_that_no_run_has_is_no_column(run, rows):
    run("a", test_accuracy=None, test_loss=0.5)
    (row,) = rows()
    assert "accuracy" not in row
    assert row["loss"] == "0.5"


def test_names_are_shown_whole(run, tmp_path, capsys):
    name = "[x]" * 50
    for seed in (0, 1):
        run(f"{name}{seed}", {"seed": seed})
    show_all(read_runs(tmp_path), "runs")
    assert f" {name}1 " in capsys.readouterr().out


def test_a_refused_run_is_in_every_table_with_its_reason(run, rows, tmp_path, capsys):
    run("a")
    run("b", {"batch": 7})
    (tmp_path / "b" / "summary.json").write_text(json.dumps(REFUSED))
    first, second = rows()
    assert (first["error"], second["error"]) == ("-", "batch=7 [why]")
    assert (second["outcome"], second["accuracy"]) == ("refused", "-")
    assert list(first) == list(second)
    show_all(read_runs(tmp_path), "[all]")
    shown = capsys.readouterr().out
    assert "[all]" in shown
    assert "\nb was refused: batch=7 [why]\n" in shown


def test_means_over_seeds_follow_the_runs(run, tmp_path, capsys):
    for seed, accuracy in enumerate((0.5, 0.7)):
        run(f"a{seed}", {"seed": seed}, test_accuracy=accuracy)
    show_all(read_runs(tmp_path), "runs")
    assert "0.6 ± 0.1" in capsys.readouterr().out.partition("standard error over seeds")[2]


def test_markdown_and_csv_have_a_line_a_run(run, rows, tmp_path):
    run("a")
    run("b", {"seed": 1})
    table = rows()
    lines = as_markdown(table).splitlines()
    assert len(lines) == 4
    assert len({line.count("|") for line in lines}) == 1
    save(table, tmp_path / "table.csv")
    with (tmp_path / "table.csv").open() as file:
        assert list(csv.DictReader(file)) == table


def test_a_bar_in_a_cell_does_not_end_it():
    assert as_markdown([{"a": "x|y"}]).splitlines()[-1] == "| x\\|y |"


def test_a_sweep_ends_with_its_table(run, sweep, capsys):
    config, folder, _ = sweep
    report = Report()
    report.on_multirun_start(config)
    for seed in (0, 1):
        run(f"runs/sweeps/now/{seed}", {"seed": seed})
    report.on_multirun_end(config)
    assert "seed" in capsys.readouterr().out
    assert (folder / "table.csv").exists()


@pytest.mark.parametrize("before", [True, False])
def test_a_sweep_ends_with_1_if_a_run_of_its_own_did_not_finish(run, sweep, before):
    config, folder, _ = sweep
    report = Report()
    if not before:
        report.on_multirun_start(config)
    run("runs/sweeps/now/a", finished=False, error="E: why")
    if before:
        report.on_multirun_start(config)
    run("runs/sweeps/now/b", {"seed": 1})
    if before:
        report.on_multirun_end(config)
    else:
        with pytest.raises(SystemExit, match=r"^error: 1 of 2 runs did not finish$"):
            report.on_multirun_end(config)
    assert len((folder / "table.csv").read_text().splitlines()) == 3


def test_a_sweep_without_runs_says_nothing(sweep, capsys):
    config, _, _ = sweep
    Report().on_multirun_end(config)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("kept", [None, "runs", "runs/sweeps/now"])
def test_a_sweep_that_hydra_refused_leaves_no_folder(sweep, tmp_path, kept):
    config, folder, left = sweep
    if kept:
        (tmp_path / kept).mkdir(parents=True)
    Report().on_multirun_start(config)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "multirun.yaml").touch()
    ((call, *arguments),) = left
    call(*arguments)
    remains = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*")}
    expected = {"runs/sweeps/now/multirun.yaml", "runs/sweeps/now", "runs/sweeps", "runs"}
    assert remains == {None: set(), "runs": {"runs"}}.get(kept, expected)


def test_a_sweep_that_began_is_kept(run, sweep, tmp_path):
    config, folder, left = sweep
    Report().on_multirun_start(config)
    run("runs/sweeps/now/a")
    (folder / "multirun.yaml").touch()
    ((call, *arguments),) = left
    call(*arguments)
    assert (folder / "multirun.yaml").exists()
