"""Worker ranks that are killed in each phase of a step."""

import os
import signal
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from robusttrain.config.compose import compose
from robusttrain.config.recipe import recipe
from robusttrain.run import assembly
from robusttrain.run.simulate import simulate
from robusttrain.study.survival.kills import GRADIENT, Cost, Kill, costs
from robusttrain.study.survival.launched import Launched


@dataclass(frozen=True)
class Survived:
    """What a run with kills came to.

    costs: of each kill. struck: int. Kills that took place.
    finished: bool. steps: int. How many, all in all.
    accuracy, undisturbed: float. Of this run, and of one without kills; 0..1.
    convicted: workers, all of whom are honest. left: processes and ports that were left behind.
    typical: float. Seconds of a step.
    """

    costs: Sequence[Cost]
    struck: int
    finished: bool
    steps: int
    accuracy: float
    undisturbed: float
    convicted: Sequence[int]
    left: int
    typical: float


def killed(folder: Path, words: Sequence[str], ranks: int, kills: Sequence[Kill]) -> Survived:
    """Run with these kills, on ranks launched apart, each of which is started again."""
    faults = ", ".join(kill.fault for kill in kills if kill.phase != GRADIENT)
    run = Launched(folder, [*words, f"fault=[{faults}]"], ranks)
    try:
        run.start_all()
        for kill in kills:
            if kill.phase == GRADIENT:
                kill_within(run, kill)
        run.finish()
        steps, summary = run.steps, run.summary
    finally:
        left = len(run.left()) + run.listens()
        run.end()
    return Survived(
        costs(kills, steps), sum(code == -signal.SIGKILL for _, code in run.ended),
        summary["finished"], len(steps), summary["test_accuracy"], accuracy(words),
        summary["convicted"], left, summary["seconds_per_step"],
    )  # fmt: skip


def kill_within(run: Launched, kill: Kill) -> None:
    """Kill the rank a third of a step after the step began."""
    run.wait_for(lambda: run.done >= kill.step)
    time.sleep(run.steps[-1]["seconds"] / 3)
    os.kill(run.processes[kill.rank].pid, signal.SIGKILL)


def accuracy(words: Sequence[str]) -> float:
    """Of a run that nothing happens to, in this process: it has the bits of real ranks."""
    made = recipe(compose(*words), 1)
    server = simulate(made, ranks=1)
    return float(assembly.evaluator(made, server.parameters)()["test_accuracy"])
