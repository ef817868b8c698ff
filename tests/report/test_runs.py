"""What is read from the folders that runs leave, and the folders that are left out."""

import json

import pytest
import yaml

from robusttrain.monitor.base import SCHEMA
from robusttrain.report.runs import read_runs, telling


def test_components_go_by_the_names_they_are_chosen_by(run, tmp_path):
    run("a")
    run("b", {"detector": {"_target_": "robusttrain.defense.detector.audit.Audit"}})
    run("c", {"preaggregator": None})
    a, b, c = (read.settings for read in read_runs(tmp_path))
    assert (a["detector"], b["detector"]) == ("cover", "audit")
    assert (a["preaggregator"], c["preaggregator"]) == ("bucketing", "none")


def test_parts_of_the_users_own_go_by_their_paths_and_every_part_is_a_setting(run, tmp_path):
    run("a", {"model": {"_target_": "mine.Wide"}, "optimizer": {"_target_": "torch.optim.SGD"}})
    run("b", {"model": {"_target_": "mine.Deep", "layer": {"_target_": "torch.nn.ReLU"}}})
    a, b = (read.settings for read in read_runs(tmp_path))
    assert (a["model"], b["model"]) == ("mine.Wide", "mine.Deep")
    assert (a["optimizer"], b["model.layer"]) == ("torch.optim.SGD", "torch.nn.ReLU")


def test_runs_are_in_the_order_in_which_they_started_and_named_by_their_folders(run, tmp_path):
    for name in ("z", "sweeps/b", "sweeps/a"):
        run(name)
    assert [read.name for read in read_runs(tmp_path)] == ["z", "sweeps/b", "sweeps/a"]
    assert [read.name for read in read_runs(tmp_path / "z")] == ["z"]


def test_numbers_at_the_top_are_settings_too(run, tmp_path):
    run("a", {"batch": 60, "steps": 7})
    (read,) = read_runs(tmp_path)
    assert (read.settings["batch"], read.settings["steps"]) == ("60", "7")
    assert "runtime.port" not in read.settings


@pytest.mark.parametrize(
    ("file", "text"),
    [("summary.json", "{"), ("summary.json", "[]"), ("summary.json", "{}"),
     ("summary.json", '{"finished": true}'), ("summary.json", '{"finished": false}'),
     ("summary.json", b"\xff"), ("config.yaml", b"\xff"), ("config.yaml", None),
     ("config.yaml", "a: ["), ("config.yaml", ""), ("config.yaml", "run: 1")],
)  # fmt: skip
def test_a_run_that_cannot_be_read_is_left_out_and_said(run, tmp_path, capsys, file, text):
    run("broken")
    run("a")
    path = tmp_path / "broken" / file
    if text is None:
        path.unlink()
    else:
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    (read,) = read_runs(tmp_path)
    assert read.name == "a"
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"{path.parent} is left out: {path} cannot be read (")


@pytest.mark.parametrize("value", ["good", [1]])
def test_a_measure_that_is_no_number_is_said(run, tmp_path, value):
    run("broken", test_accuracy=value)
    notes = []
    assert read_runs(tmp_path, notes.append) == []
    assert "broken is left out" in notes[0]


@pytest.mark.parametrize("file", ["summary.json", "config.yaml"])
@pytest.mark.parametrize(("schema", "read"), [(SCHEMA, 1), (SCHEMA + 1, 0), ("new", 0)])
def test_a_folder_of_a_later_version_is_left_out_and_said(run, tmp_path, file, schema, read):
    run("a")
    path = tmp_path / "a" / file
    path.write_text(json.dumps({"schema": schema} | yaml.safe_load(path.read_text())))
    notes = []
    assert len(read_runs(tmp_path, notes.append)) == read
    assert all(f"{path} cannot be read" in note for note in notes)
    assert len(notes) == 1 - read
    assert schema != SCHEMA + 1 or "this version reads 1; upgrade robusttrain" in notes[0]


def test_a_server_that_was_killed_could_not_tell_everything(run, tmp_path):
    run("a", finished=False, error="killed", missed=None, honest_convicted_per_step=None)
    (read,) = read_runs(tmp_path)
    assert read.results["convicted"] == "0 (? lied)"
    assert read.results["honest convicted a step"] == "-"


def test_the_schema_is_no_setting(run, tmp_path):
    run("a", {"schema": SCHEMA})
    (read,) = read_runs(tmp_path)
    assert "schema" not in read.settings


def test_results_by_hand(run, tmp_path):
    run(
        "a", finished=False, error="ValueError: a\nb", test_accuracy=None, steps=37,
        distorted_fraction_mean=0.02198, audits=4,
        convicted=[1, 2, 9], false_convictions=[9], missed=[4], steps_to_detect_median=1.5,
        bytes_to_server_per_step=18.04e6, seconds_per_step=0.234,
    )  # fmt: skip
    (read,) = read_runs(tmp_path)
    assert (read.outcome, read.error) == ("broken off", "ValueError: a b")
    assert read.measures == {"accuracy": None}
    assert read.results == {
        "steps": "37 of 100", "forged": "0.0220", "convicted": "3 (3 lied, 1 wrongly)",
        "honest convicted a step": "0.00", "steps to detect": "1.5", "recomputed": "4",
        "MB a step": "18.0", "s a step": "0.23",
    }  # fmt: skip


def test_a_run_may_have_other_measures_than_accuracy(run, tmp_path):
    run("a", test_loss=2.5, test_bits=1)
    path = tmp_path / "a" / "summary.json"
    summary = json.loads(path.read_text())
    del summary["test_accuracy"]
    path.write_text(json.dumps(summary))
    (read,) = read_runs(tmp_path)
    assert read.measures == {"loss": 2.5, "bits": 1.0}


def test_a_refused_point_has_settings_and_a_reason_alone(run, tmp_path):
    run("a")
    summary = {"finished": False, "refused": True, "error": "batch=7: why"}
    (tmp_path / "a" / "summary.json").write_text(json.dumps(summary))
    (read,) = read_runs(tmp_path)
    assert (read.outcome, read.error) == ("refused", "batch=7: why")
    assert (read.measures, read.results) == ({}, {})
    assert read.settings["workers"] == "15"


def test_a_key_that_adds_nothing_does_not_tell_runs_apart():
    rows = [{"seed": "0", "model": "a"}, {"seed": "1", "model": "b"}, {"seed": "1", "model": "b"}]
    assert telling(rows) == ["seed"]
    assert telling([*rows, {"seed": "1"}]) == ["seed", "model"]
