"""The summary that a killed server's supervisor writes; its keys: tests/run/test_rank.py."""

import json
import subprocess
import sys

import pytest
from support import ROOT, environment

from robusttrain.run.postmortem import bury, lines_of, summary_of

STEP = {
    "kind": "step", "seconds": 1.0, "bytes_to_server": 100, "distorted_fraction": 0.0,
    "audited": [], "convicted": [], "false_convictions": [], "evicted": [], "skipped": False,
    "not_finite": 0, "divergent": False, "overwhelmed": False, "silent": [], "exceeded": False,
}  # fmt: skip


def test_it_adds_up_what_was_written(tmp_path):
    records = [
        STEP | {"step": 0, "convicted": [4, 1], "audited": [3, 5], "distorted_fraction": 0.5},
        {"kind": "evaluation", "step": 1, "test_accuracy": 0.25, "test_loss": 2.0},
        STEP | {"step": 1, "seconds": 5.0, "bytes_to_server": 300, "convicted": [1],
                "false_convictions": [1], "evicted": [4], "skipped": True, "not_finite": 2,
                "divergent": True},
        STEP | {"step": 2, "seconds": 2.0, "evicted": [4], "overwhelmed": True, "not_finite": 1},
    ]  # fmt: skip
    summary = summary_of(tmp_path, records, "killed")
    expected = {
        "finished": False, "error": "killed", "steps": 3, "test_accuracy": 0.25, "test_loss": 2.0,
        "seconds_per_step": 2.0, "convicted": [1, 4], "false_convictions": [1], "evicted": [4],
        "audits": 2, "distorted_fraction_max": 0.5, "steps_skipped": 1, "gradients_not_finite": 3,
        "steps_divergent": 1, "steps_overwhelmed": 1, "model_updates": None, "missed": None,
    }  # fmt: skip
    assert {key: summary[key] for key in expected} == expected
    assert summary["distorted_fraction_mean"] == pytest.approx(1 / 6)
    assert summary["bytes_to_server_per_step"] == pytest.approx(500 / 3)


def test_the_summary_says_after_which_step_and_a_line_cut_short_does_not_count(tmp_path, capsys):
    lines = [json.dumps(STEP | {"step": step}) + "\n" for step in range(4)]
    (tmp_path / "metrics.jsonl").write_text("".join(lines)[:-9])
    bury("the server was killed by SIGKILL", str(tmp_path))
    summary = json.loads((tmp_path / "summary.json").read_text())
    assert summary["error"] == "the server was killed by SIGKILL after step 2"
    assert summary["steps"] == 3
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("error: the server was killed by SIGKILL after step 2; ")


def test_a_run_killed_in_its_first_step_has_a_summary(tmp_path):
    bury("the server was killed by SIGSEGV", str(tmp_path))
    summary = json.loads((tmp_path / "summary.json").read_text())
    assert summary["error"] == "the server was killed by SIGSEGV before the end of step 0"
    assert (summary["steps"], summary["test_accuracy"]) == (0, None)


def test_a_summary_that_the_server_wrote_is_left_alone(tmp_path):
    (tmp_path / "summary.json").write_text("whole")
    bury("the server was killed by SIGKILL", str(tmp_path))
    assert (tmp_path / "summary.json").read_text() == "whole"


def test_before_there_is_a_folder_it_is_only_said(capsys):
    bury("the server was killed by SIGKILL", "")
    assert capsys.readouterr().err == "error: the server was killed by SIGKILL before step 0\n"


def test_there_may_be_no_metrics(tmp_path):
    assert lines_of(tmp_path / "metrics.jsonl") == []


def test_it_is_light():
    """It is imported before the supervisor forks."""
    code = "import sys, robusttrain.run.postmortem; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment(), capture_output=True
    )
    assert not {b"torch", b"numpy"} & set(done.stdout.split())
