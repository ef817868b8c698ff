"""The command line: starting ranks, sweeps, help, and what is refused before anything starts."""

import csv
import json
import re
import socket
import struct
import subprocess
import sys

import pytest
from support import ROOT, SMALL, environment

pytestmark = pytest.mark.ranks


@pytest.fixture
def command(tmp_path):
    """command(*arguments) -> the finished `python launch/train.py`, run in an empty folder."""

    def call(*arguments: str) -> subprocess.CompletedProcess:
        return subprocess.run(
            [sys.executable, str(ROOT / "launch" / "train.py"), *arguments],
            cwd=tmp_path, env=environment(), capture_output=True, text=True, timeout=120,
        )  # fmt: skip

    return call


def test_without_torchrun_it_starts_its_own_ranks_and_names_the_folder(command, tmp_path):
    done = command(*SMALL, "runtime.ranks=1")
    assert done.returncode == 0, done.stderr
    (folder,) = (tmp_path / "runs").iterdir()
    assert re.fullmatch(r"digits_aspis-\d{8}-\d{6}", folder.name)
    assert {f.name for f in folder.iterdir()} == {
        "certificate.json", "config.yaml", "metrics.jsonl", "summary.json", "model.pt"
    }  # fmt: skip
    assert [f.name for f in tmp_path.iterdir()] == ["runs"]
    for words in ("finished", "test accuracy", "convicted", "nobody", "traffic to server"):
        assert words in done.stdout


def test_a_sweep_runs_one_job_after_another_and_ends_with_a_table(command, tmp_path):
    done = command("-m", *SMALL, "runtime.ranks=1", "seed=0,1", "run.name=seed${seed}")
    assert done.returncode == 0, done.stderr
    (folder,) = (tmp_path / "runs" / "sweeps").iterdir()
    for name in ("seed0", "seed1"):
        assert json.loads((folder / name / "summary.json").read_text())["finished"]
        assert f"seed: {name[-1]}\n" in (folder / name / "config.yaml").read_text()
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


def test_a_port_that_is_taken_is_refused(command, tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = command(f"runtime.port={port}")
    assert done.stderr.startswith(f"error: runtime.port={port} cannot be used")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("finished", "word"), [(True, "a finished"), (False, "an unfinished")])
def test_a_folder_that_holds_a_run_is_left_alone(command, tmp_path, finished, word):
    folder = tmp_path / "runs" / "kept"
    folder.mkdir(parents=True)
    (folder / "summary.json").write_text(json.dumps({"finished": finished}))
    done = command("run.name=kept")
    assert done.returncode == 1
    assert done.stderr.startswith("error: run.name=kept: runs/kept already holds " + word)
    assert [f.name for f in folder.iterdir()] == ["summary.json"]


def test_under_torchrun_bad_input_gives_one_message(train, tmp_path):
    run = train("batch=1000", code=1)
    assert run.output.count("error: batch=1000 must be a multiple") == 1
    assert not run.folder.exists()


def wandb_records(path):
    """The protobuf records of a .wandb file: LevelDB's log format behind a 7-byte header."""
    from wandb.proto.wandb_internal_pb2 import Record

    data, at, whole = path.read_bytes(), 7, b""
    while at + 7 <= len(data):
        if 32768 - at % 32768 < 7:
            at += 32768 - at % 32768
        _, size, kind = struct.unpack_from("<IHB", data, at)
        whole += data[at + 7 : at + 7 + size]
        at += 7 + size
        if kind in (1, 4):
            yield Record.FromString(whole)
            whole = b""


def test_wandb_offline_holds_the_run(train, small):
    run = train(*small, "wandb.enabled=true", "wandb.mode=offline", ranks=1)
    (path,) = run.folder.glob("wandb/offline-run-*/run-*.wandb")
    history, summary, config = [], {}, {}
    for record in wandb_records(path):
        fields = {i.key or "/".join(i.nested_key): i for i in record.history.item}
        if "distorted_fraction" in fields:
            history.append(json.loads(fields["distorted_fraction"].value_json))
        updates = record.summary.update
        summary |= {i.key or "/".join(i.nested_key): json.loads(i.value_json) for i in updates}
        config |= {i.key: json.loads(i.value_json) for i in record.run.config.update}
    assert history == [0, 0, 0]
    assert summary["test_accuracy"] == run.summary["test_accuracy"]
    assert config["workers"] == 5


def test_ranks_that_run_something_else_are_refused(tmp_path):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    world = {"WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
    ranks = [
        subprocess.Popen(
            [sys.executable, str(ROOT / "launch" / "train.py"), *SMALL, f"seed={rank}"],
            cwd=tmp_path, env=environment() | world | {"RANK": str(rank)},
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )
        for rank in (0, 1)
    ]  # fmt: skip
    server, _ = (rank.communicate(timeout=90)[0] for rank in ranks)
    assert ranks[0].returncode == 1
    assert "rank 1 runs another configuration or other library versions" in server
    assert list(tmp_path.iterdir()) == []
