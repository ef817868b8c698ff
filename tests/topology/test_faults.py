"""Ranks that die, hang or lose their server, by real signals."""

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import time

import pytest
from support import ROOT, SMALL, environment

pytestmark = pytest.mark.ranks


@pytest.fixture
def running(tmp_path):
    """running(*overrides) -> a run in progress on three worker ranks, past its second step."""
    started = []

    def start(*overrides: str):
        command = [
            *(sys.executable, str(ROOT / "launch" / "train.py"), *SMALL, "steps=100000"),
            *(f"run.root={tmp_path}", "run.name=run", "runtime.ranks=3", *overrides),
        ]
        log = (tmp_path / "log").open("w+")
        process = subprocess.Popen(
            command, env=environment(), stdout=log, stderr=subprocess.STDOUT, text=True,
            start_new_session=True,
        )  # fmt: skip
        started.append(process)
        wait_for(lambda: steps_done(tmp_path) >= 2, 90)
        text = (tmp_path / "log").read_text()
        pids = {int(r): int(p) for r, p in re.findall(r"rank (\d): pid (\d+)", text)}
        assert len(pids) >= 2, text
        return process, pids

    yield start
    for process in started:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


def wait_for(condition, seconds: float) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.1)


def metrics(folder) -> list[dict]:
    path = folder / "run" / "metrics.jsonl"
    if not path.exists():
        return []
    return [
        json.loads(line) for line in path.read_text().splitlines(keepends=True) if line[-1] == "\n"
    ]


def steps_done(folder) -> int:
    return sum(line["kind"] == "step" for line in metrics(folder))


def absent(folder) -> list[int]:
    return [line for line in metrics(folder) if line["kind"] == "step"][-1]["absent"]


def goes_on(process, folder) -> bool:
    """Five more steps are done."""
    done = steps_done(folder)
    wait_for(lambda: steps_done(folder) >= done + 5, 30)
    return process.poll() is None


def test_training_goes_on_as_ranks_are_lost_until_none_is_left(running, tmp_path):
    process, pids = running("runtime.deadline=5")

    os.kill(pids[1], signal.SIGKILL)
    wait_for(lambda: absent(tmp_path) == [0, 1], 30)
    assert goes_on(process, tmp_path)
    last = [line for line in metrics(tmp_path) if line["kind"] == "step"][-1]
    assert last["convicted"] == []
    assert last["dropped_tasks"] == 0

    os.kill(pids[3], signal.SIGSTOP)
    wait_for(lambda: absent(tmp_path) == [0, 1, 4], 40)
    assert goes_on(process, tmp_path)
    assert "rank 3 is lost: it was silent" in (tmp_path / "log").read_text()

    os.kill(pids[2], signal.SIGKILL)
    assert process.wait(60) != 0
    summary = json.loads((tmp_path / "run" / "summary.json").read_text())
    assert not summary["finished"]
    assert "no worker rank is left" in summary["error"]
    assert set(summary["lost_ranks"]) == {"1", "2", "3"}


def test_the_server_audits_itself_when_the_trusted_rank_is_killed(running, tmp_path):
    process, pids = running(
        "detector=audit",
        "audit.rank=3",
        "threat.byzantine=1",
        "target=all",
        "placement.workers=[2]",
    )
    assert absent(tmp_path) == []
    os.kill(pids[3], signal.SIGKILL)
    wait_for(lambda: "rank 3 is lost" in (tmp_path / "log").read_text(), 30)
    assert goes_on(process, tmp_path)
    last = [line for line in metrics(tmp_path) if line["kind"] == "step"][-1]
    assert (last["convicted"], last["absent"], len(last["audited"])) == ([2], [], 1)
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == 128 + signal.SIGINT


def test_silent_workers_are_absent_and_their_rank_goes_on(running, tmp_path):
    process, _ = running(
        "attack=silent", "threat.byzantine=1", "target=all", "placement.workers=[2]"
    )
    last = [line for line in metrics(tmp_path) if line["kind"] == "step"][-1]
    assert (last["absent"], last["convicted"], last["dropped_tasks"]) == ([2], [], 0)
    assert goes_on(process, tmp_path)
    assert "is lost" not in (tmp_path / "log").read_text()


def test_a_rank_that_hangs_does_not_keep_a_finished_run_from_ending(running, tmp_path):
    process, pids = running("runtime.deadline=3", "runtime.ranks=2", "steps=200")
    os.kill(pids[2], signal.SIGSTOP)
    assert process.wait(90) == 0
    assert not os.path.exists(f"/proc/{pids[2]}")
    summary = json.loads((tmp_path / "run" / "summary.json").read_text())
    assert summary["finished"]
    assert set(summary["lost_ranks"]) == {"2"}


def test_worker_ranks_end_when_the_server_is_killed(running, tmp_path):
    process, pids = running()
    server = next(
        int(p) for p in os.listdir("/proc") if p.isdigit() and variable(p, "RANK") == "0"
        and variable(p, "TORCHELASTIC_RUN_ID") == variable(str(pids[1]), "TORCHELASTIC_RUN_ID")
    )  # fmt: skip
    os.kill(server, signal.SIGKILL)
    assert process.wait(60) != 0
    wait_for(lambda: not any(os.path.exists(f"/proc/{pid}") for pid in pids.values()), 30)


def variable(pid: str, name: str) -> str | None:
    try:
        with open(f"/proc/{pid}/environ") as file:
            pairs = [entry.partition("=") for entry in file.read().split("\0")]
    except OSError:
        return None
    return next((value for key, _, value in pairs if key == name), None)


def test_an_interrupted_run_says_so(running, tmp_path):
    process, pids = running()
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == 128 + signal.SIGINT
    summary = json.loads((tmp_path / "run" / "summary.json").read_text())
    assert not summary["finished"]
    assert summary["steps"] >= 2
    assert "Traceback" not in (tmp_path / "log").read_text()
    wait_for(lambda: not any(os.path.exists(f"/proc/{pid}") for pid in pids.values()), 30)
