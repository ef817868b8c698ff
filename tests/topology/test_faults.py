"""Ranks that die, hang or lose their server, by real signals."""

import contextlib
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from probes import PROBES
from support import PATIENCE, ROOT, SMALL, Run, environment, wait_for
from warm import Forked

from robusttrain.comm.supervisor import AGAIN
from robusttrain.run.files import checkpoints
from robusttrain.run.postmortem import lines_of
from robusttrain.run.resume import METRICS, Lock
from robusttrain.study.survival.processes import writing

pytestmark = pytest.mark.ranks
DEADLINE = 8 * PATIENCE


class Running:
    """A run in progress.

    process: of the command. pids: worker rank -> its process.
    """

    def __init__(self, process: Forked | subprocess.Popen, folder: Path, log: Path) -> None:
        self.process, self.folder, self.log, self.pids = process, folder, log, dict[int, int]()

    @property
    def output(self) -> str:
        return self.log.read_text()

    @property
    def steps(self) -> list[dict]:
        """The steps that are done, as in metrics.jsonl."""
        lines = lines_of(self.folder / METRICS)
        return [line for line in lines if line["kind"] == "step"]

    def goes_on(self) -> None:
        """Wait until three more steps are done."""
        done = len(self.steps)
        wait_for(lambda: len(self.steps) >= done + 3 or self.process.poll() is not None)
        assert self.process.poll() is None, self.output

    def end(self) -> Run:
        """What it left; none of its processes is left, and so none of their ports."""
        code = self.process.wait(100 * PATIENCE)
        wait_for(lambda: not writing(self.log))
        return Run(code, self.output, self.folder)

    def stop(self, number: signal.Signals) -> Run:
        """What it leaves if it is sent a signal: within seconds, without a warning."""
        begun = time.monotonic()
        self.process.send_signal(number)
        done = self.end()
        assert time.monotonic() - begun < 10 * PATIENCE
        steps, error = done.summary["steps"], done.summary["error"]
        assert (done.code, done.summary["finished"]) == (128 + number, False), done.output
        assert error == f"stopped by {number.name} after step {steps - 1}"
        assert done.summary["model_updates"] == steps == len(self.steps)
        assert done.summary["checkpoint"] == str(checkpoints(self.folder)[0])
        assert done.summary["checkpoint"].endswith(f"step-{steps:08}.pt")
        last = f"error: {error}; to go on, the same command with {done.summary['resume']}"
        assert done.output.splitlines()[-1] == last
        for word in ("warning", "processgroup", "process_group", "traceback", "torch.distributed"):
            assert word not in done.output.lower()
        return done


@pytest.fixture
def running(warm, tmp_path):
    """running(*overrides, ranks=W) -> Running, past its second step."""
    started = []

    def start(*overrides: str, ranks: int, path: str = "", cold: bool = False) -> Running:
        command = [
            *(sys.executable, str(ROOT / "launch" / "train.py"), *SMALL, f"runtime.ranks={ranks}"),
            *(f"run.root={tmp_path}", "run.name=run", "steps=1000000", *overrides),
        ]
        log, env = tmp_path / "log", environment() | {"PYTHONPATH": f"{path}:{ROOT}"}
        if cold:  # ranks are known by the environment that they were started with
            with log.open("w") as file:
                process = subprocess.Popen(
                    command, cwd=tmp_path, env=env, stdout=file, stderr=file, start_new_session=True
                )
        else:
            process = warm.start(command, cwd=str(tmp_path), env=env, out=str(log), err=str(log))
        run = Running(process, tmp_path / "run", log)
        started.append(process)
        wait_for(lambda: len(run.steps) >= 2 or process.poll() is not None)
        run.pids = {int(r): int(p) for r, p in re.findall(r"rank (\d): pid (\d+)", run.output)}
        assert sorted(run.pids) == list(range(1, ranks + 1)), run.output
        return run

    yield start
    for process in started:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(100 * PATIENCE)


def test_a_run_with_faults_of_five_kinds_ends_well(train):
    """Of ranks [0, 1], [2], [3] and [4] one is killed, one hangs and wakes up late, one exits."""
    faults = (
        "{worker: 2, step: 1, phase: commit, do: sigkill}, "
        f"{{worker: 3, step: 2, phase: rows, do: sigstop, seconds: {1.5 * DEADLINE}}}, "
        "{worker: 4, step: 3, phase: pull, do: exit}, "
        "{worker: 0, step: 4, phase: commit, do: silent}, "
        "{worker: 1, step: 5, phase: rows, do: garble}"
    )
    done = train(*SMALL, f"runtime.deadline={DEADLINE}", "steps=7", f"fault=[{faults}]", ranks=4)
    steps = [line for line in done.metrics if line["kind"] == "step"]
    gone = [[], [2], [2, 3], [2, 3, 4], [0, 2, 3, 4], [2, 3, 4], [2, 3, 4]]
    assert [step["absent"] for step in steps] == gone
    assert [step["convicted"] for step in steps] == [[], [], [], [], [], [1], []]
    assert done.summary["finished"]
    assert done.summary["false_convictions"] == []
    assert set(done.summary["lost_ranks"]) == {"2", "4"}
    assert "rank 3 (workers 3) is suspended until it answers: it was late at ROWS" in done.output
    assert done.summary["steps_exceeded"] == 5
    assert "rank 2 was killed by SIGKILL; the server goes on without it" in done.output
    assert "rank 4 failed (1); the server goes on without it" in done.output
    assert f"faults: fault=[{faults}]" in done.output
    assert "rank 1: fault: {worker: 1, step: 5, phase: rows, do: garble}" in done.output


def test_with_probes_a_rank_that_is_stopped_for_a_while_loses_these_steps_only(running):
    """It takes part again: its sums are whole, with claims about a step that it skipped."""
    run = running(*(word for word in PROBES if not word.startswith("steps=")), ranks=3)
    wait_for(lambda: run.steps[-1]["absent"] == [])
    os.kill(run.pids[2], signal.SIGSTOP)
    wait_for(lambda: [step["absent"] for step in run.steps[-3:]] == [[3, 4]] * 3)
    os.kill(run.pids[2], signal.SIGCONT)
    wait_for(lambda: [step["absent"] for step in run.steps[-3:]] == [[]] * 3)
    done = run.stop(signal.SIGUSR1)
    assert done.summary["lost_ranks"] == {}
    assert done.summary["convicted"] == []
    assert done.summary["audits"] == 0


def test_the_server_audits_in_place_of_a_killed_rank_until_it_is_interrupted(running):
    run = running(
        "detector=audit", "audit.rank=2", "threat.byzantine=1", "target=all",
        "placement.workers=[2]", ranks=2,
    )  # fmt: skip
    assert run.steps[-1]["absent"] == []
    os.kill(run.pids[2], signal.SIGKILL)
    wait_for(lambda: "rank 2 is lost" in run.output)
    run.goes_on()
    last = run.steps[-1]
    assert (last["convicted"], last["absent"], len(last["audited"])) == ([2], [], 1)
    done = run.stop(signal.SIGINT)
    assert done.summary["steps"] >= 5
    assert torch.isfinite(done.parameters).all()
    assert set(done.summary["lost_ranks"]) == {"2"}


def test_a_second_sigint_ends_a_run_that_hangs_at_once(running):
    run = running(ranks=1, cold=True)
    os.kill(run.pids[1], signal.SIGSTOP)
    run.process.send_signal(signal.SIGINT)
    with pytest.raises(subprocess.TimeoutExpired):
        run.process.wait(2 * AGAIN)
    run.process.send_signal(signal.SIGINT)
    run.process.wait(3 * PATIENCE)
    done = run.end()
    assert done.code == 130
    assert not done.summary["finished"]
    assert done.summary["steps"] == len(run.steps)
    assert done.summary["error"].startswith("stopped ")
    assert f"after step {len(run.steps) - 1}" in done.summary["error"]
    assert "Traceback" not in done.output


def test_when_the_server_is_killed_ranks_end_and_the_next_start_knows_who_lied(
    running, train, tmp_path
):
    words = (*(word for word in PROBES if not word.startswith("steps=")), "threat.byzantine=3",
             "placement.workers=[1,4,6]", "probe.share=1", "probe.checkers=3",
             f"probe.journal={tmp_path / 'journal'}")  # fmt: skip
    run = running(*words, ranks=1)
    os.kill(server_of(run), signal.SIGKILL)
    done = run.end()
    assert done.code == 128 + signal.SIGKILL
    why = f"the server was killed by SIGKILL after step {run.steps[-1]['step']}"
    assert (done.summary["finished"], done.summary["error"]) == (False, why)
    assert done.summary["steps"] == len(run.steps)
    assert done.output.splitlines()[-1].startswith(f"error: {why}; ")
    assert "Traceback" not in done.output
    again = train(*words, "steps=1", ranks=1, name="again")
    assert again.summary["evicted"] == [1, 4, 6]
    assert again.summary["distorted_fraction_max"] == 0


def test_a_run_whose_server_is_killed_goes_on_as_if_it_had_not_been(running, train, simulated):
    words = (*(word for word in SMALL if not word.startswith("steps=")), "defense.secret=0",
             "schedule=constant", "optimizer=adam", "batch=30", "aggregator=centered_clipping",
             "threat.byzantine=1", "target=all", "defense.evict=true",
             "checkpoint.every=3")  # fmt: skip
    run = running(*words, ranks=1)
    wait_for(lambda: len(run.steps) >= 8)
    with pytest.raises(ValueError, match="a run is still going on there"):
        Lock(run.folder)
    os.kill(server_of(run), signal.SIGKILL)
    steps = len(run.end().metrics) + 4
    again = train(*words, f"steps={steps}", f"evaluate_every={2 * steps}", "resume=auto")
    whole = simulated(*words, f"steps={steps}", ranks=1)
    assert torch.equal(again.parameters, whole.parameters)
    lines = [line for line in again.metrics if line["kind"] == "step"]
    for mine, theirs in zip(lines, whole.metrics, strict=True):
        same = mine.keys() & theirs.keys() - {"seconds", "first_convicted"}  # which names processes
        assert {key: mine[key] for key in same} == {key: theirs[key] for key in same}
    assert again.summary["finished"]
    assert again.summary["checkpoint"].endswith(f"step-{steps:08}.pt")
    assert again.summary["convicted"] == whole.summary["convicted"] != []


def test_the_cause_of_ranks_that_fail_is_the_last_line_and_in_the_summary(running, tmp_path):
    """A model that cannot compute any more after a while; each rank finds out for itself."""
    (tmp_path / "tiring.py").write_text(
        "import torch\n"
        "class Tiring(torch.nn.Linear):\n"
        "    def forward(self, images):\n"
        "        self.calls = getattr(self, 'calls', 0) + 1\n"
        "        if self.calls > 30: raise ArithmeticError('too tired')\n"
        "        return super().forward(images.flatten(1))\n"
        "def make(image, classes): return Tiring(64, classes)\n"
    )
    run = running(
        "~model.channels", "~model.hidden", "model._target_=tiring.make", ranks=2,
        path=str(tmp_path),
    )  # fmt: skip
    done = run.end()
    assert done.code == 1
    last = done.output.splitlines()[-1]
    assert last == f"error: {done.summary['error']}"
    both = r"ranks (1 and 2|2 and 1) failed: ArithmeticError: too tired; its traceback is in"
    assert re.search(both, last)
    assert done.output.count("Traceback") == 1
    for rank in (1, 2):
        assert done.summary["lost_ranks"][str(rank)] == "failed: ArithmeticError: too tired"
        assert "tiring.py" in (done.folder / f"rank-{rank}.log").read_text()


def parent(pid: int) -> int:
    """The process that started it; 0 if it has ended."""
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0


def children(pid: int) -> list[int]:
    return [int(other) for other in os.listdir("/proc") if other.isdigit() and parent(other) == pid]


def server_of(run: Running) -> int:
    """The process of the server: the child of the one supervisor that no worker rank has."""
    supervisors = set(map(parent, run.pids.values()))
    (launcher,) = set(map(parent, supervisors))
    (supervisor,) = set(children(launcher)) - supervisors
    (server,) = children(supervisor)
    return server
