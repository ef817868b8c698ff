"""Launched: real processes, of which a rank and then the server is killed."""

import os

import pytest
import torch
from support import SMALL, environment

from robusttrain.study.survival.launched import Launched

WORDS = (*(word for word in SMALL if not word.startswith("steps=")), "checkpoint.every=2",
         "evaluate_every=1000", "defense.secret=0", "optimizer=adam", "schedule=constant",
         "objective.vectorize=vmap", "aggregator=centered_clipping", "defense.byzantine=2",
         "runtime.deadline=60")  # fmt: skip
KILL = "fault=[{worker: 3, step: 3, phase: commit, do: sigkill}]"


@pytest.fixture
def launched(warm, tmp_path):
    """A run of which each process is a fork; workers 3 and 4 are those of rank 2."""

    def start(command, log):
        env = environment() | {"PYTHONPATH": os.pathsep.join(["", *os.sys.path]).strip(":")}
        return warm.start(
            command, cwd=str(tmp_path), env=env, out=str(log), err=str(log), launches=False
        )

    run = Launched(tmp_path, (*WORDS, KILL, "steps=1000000"), 2, start)
    yield run
    run.end()


@pytest.mark.ranks
def test_a_rank_and_then_the_server_are_killed_and_the_bits_are_as_if_they_were_not(
    launched, simulated
):
    launched.start_all()
    launched.wait_for(lambda: launched.done > 4 and not launched.steps[-1]["silent"])
    assert launched.steps[3]["silent"] == [3, 4]
    assert launched.ended == [(2, -9)]
    launched.kill_server()
    assert launched.processes[0].returncode == 128 + 9
    launched.end()
    assert launched.left() == []
    steps = launched.done + 3
    launched.words = [w if w != "steps=1000000" else f"steps={steps}" for w in launched.words]
    launched.start_all()
    launched.finish()
    assert (launched.left(), launched.listens()) == ([], False)
    assert launched.summary["finished"]
    assert launched.summary["convicted"] == []
    assert [step["step"] for step in launched.steps] == list(range(steps))
    state = torch.load(launched.run / "model.pt", weights_only=True)
    whole = simulated(*WORDS, f"steps={steps}").parameters
    assert torch.equal(torch.cat([tensor.flatten() for tensor in state.values()]), whole)


def test_a_server_that_ends_is_told_with_its_last_words(tmp_path):
    class Ended:
        def poll(self):
            return 1

    run = Launched(tmp_path, (), 1, lambda command, log: log.write_text("error: why") and Ended())
    run.start_all()
    with pytest.raises(RuntimeError, match="the server has ended:\nerror: why"):
        run.wait_for(lambda: False)
    run.seconds = 0.0
    run.processes[0].poll = lambda: None
    with pytest.raises(RuntimeError, match="0 s have passed"):
        run.wait_for(lambda: False)
    run.processes = {}
