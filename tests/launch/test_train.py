"""The command line: sweeps on ranks of its own, help, and what is refused before a rank starts."""

import csv
import json
import sys

import pytest
from support import ROOT, SMALL, call

pytestmark = pytest.mark.ranks


@pytest.fixture
def command(tmp_path):
    """command(*arguments) -> the finished `python launch/train.py`, run in an empty folder."""
    script = str(ROOT / "launch" / "train.py")
    return lambda *arguments: call([sys.executable, script, *arguments], tmp_path)


def test_a_sweep_runs_one_job_after_another_and_ends_with_a_table(command, tmp_path):
    words = (*SMALL, "steps=1", "runtime.ranks=1")
    done = command("-m", *words, "seed=0,1", "run.name=seed${seed}")
    assert done.returncode == 0, done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["runs"]
    (folder,) = (tmp_path / "runs" / "sweeps").iterdir()
    for name in ("seed0", "seed1"):
        assert {path.name for path in (folder / name).iterdir()} == {
            "certificate.json", "config.yaml", "metrics.jsonl", "summary.json", "model.pt"
        }  # fmt: skip
        assert json.loads((folder / name / "summary.json").read_text())["finished"]
        assert f"seed: {name[-1]}\n" in (folder / name / "config.yaml").read_text()
        for line in (f"{name}: finished", "test accuracy", "traffic to server"):
            assert line in done.stdout
    with (folder / "table.csv").open() as file:
        assert [row["seed"] for row in csv.DictReader(file)] == ["0", "1"]
    assert "steps to detect" in done.stdout


def test_help_and_an_unknown_name_list_the_choices(command):
    shown = command("--help").stdout
    for line in ("mda, mea_med, mean, median", "detector: audit, clique, cover"):
        assert line in shown
    refused = command("detector=psychic")
    assert refused.returncode != 0
    for name in ("detector/psychic", "audit", "clique", "cover", "degree", "none"):
        assert name in refused.stderr


def test_bad_input_starts_no_rank_and_writes_nothing(command, tmp_path):
    done = command("assignment.replication=1")
    assert done.returncode == 1
    assert done.stderr.startswith("error: assignment.replication=1 must be")
    assert len(done.stderr.splitlines()) == 1
    assert done.stdout == ""
    assert list(tmp_path.iterdir()) == []
