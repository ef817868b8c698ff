"""The command line: sweeps on ranks of its own, help, and what is refused before a rank starts."""

import csv
import json
import signal
import subprocess
import sys

import pytest
from support import PATIENCE, ROOT, SMALL, environment, wait_for

pytestmark = pytest.mark.ranks


@pytest.fixture
def command(warm, tmp_path):
    """command(*arguments) -> the finished `python launch/train.py`, run in an empty folder."""
    script = str(ROOT / "launch" / "train.py")
    return lambda *arguments: warm.call([sys.executable, script, *arguments], tmp_path)


def test_a_sweep_runs_every_job_that_is_not_refused_and_ends_with_a_table(command, tmp_path):
    words = (*SMALL, "steps=1", "runtime.ranks=1")
    done = command("-m", *words, "seed=0,-1,1", "run.name=seed${seed}")
    assert done.returncode == 1, done.stderr
    assert done.stderr.splitlines()[-1] == "error: 1 of 3 runs did not finish"
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
        rows = list(csv.DictReader(file))
    assert [row["seed"] for row in rows] == ["0", "-1", "1"]
    assert [row["outcome"] for row in rows] == ["finished", "refused", "finished"]
    assert rows[1]["error"].startswith("seed=-1 must be")
    assert "was refused: seed=-1 must be" in done.stdout
    assert "mean ± standard error over seeds" in done.stdout


def test_a_signal_stops_a_sweep_and_leaves_a_checkpoint(tmp_path):
    words = (*SMALL, "steps=1000000", "runtime.ranks=1", "seed=0,1")
    script = [sys.executable, str(ROOT / "launch" / "train.py"), "-m", *words]
    with subprocess.Popen(
        script, cwd=tmp_path, env=environment(), stderr=subprocess.PIPE, stdout=subprocess.DEVNULL
    ) as sweep:
        paths = "runs/sweeps/*/*/metrics.jsonl"
        wait_for(lambda: any("\n" in path.read_text() for path in tmp_path.glob(paths)))
        sweep.send_signal(signal.SIGTERM)
        said = sweep.communicate(timeout=100 * PATIENCE)[1].decode()
    assert sweep.returncode == 143
    assert "the sweep was stopped by SIGTERM; a table of its runs: robusttrain report runs/" in said
    (path,) = tmp_path.glob("runs/sweeps/*/*/summary.json")
    summary = json.loads(path.read_text())
    assert not summary["finished"]
    assert (path.parent / "checkpoints" / f"step-{summary['steps']:08}.pt").exists()
    assert f"run.root={path.parent.parent.relative_to(tmp_path)} " in summary["resume"]


def test_help_and_an_unknown_name_list_the_choices(command):
    shown = command("--help").stdout
    for line in ("mda, mea_med, mean, median", "detector: audit, clique, cover"):
        assert line in shown
    refused = command("detector=psychic")
    assert refused.returncode != 0
    for name in ("detector=psychic", "audit", "clique", "cover", "degree", "none"):
        assert name in refused.stderr


def test_bad_input_starts_no_rank_and_writes_nothing(command, tmp_path):
    done = command("assignment.replication=1")
    assert done.returncode == 1
    assert done.stderr.startswith("error: assignment.replication=1 must be")
    assert len(done.stderr.splitlines()) == 1
    assert done.stdout == ""
    assert list(tmp_path.iterdir()) == []
