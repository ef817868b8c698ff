"""A worker rank that is stopped for a while."""

import os
import re
import signal
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from robusttrain.study.survival.launched import Launched


@dataclass(frozen=True)
class Stopped:
    """What became of a rank that was stopped and went on.

    longest: float. Seconds of the longest step while it was stopped. meanwhile: int. Steps done.
    back, seconds: int, float. From SIGCONT until it was used again. finished: bool.
    convicted: workers. left: processes and ports that were left behind.
    typical: float. Seconds of a step.
    """

    longest: float
    meanwhile: int
    back: int
    seconds: float
    finished: bool
    convicted: Sequence[int]
    left: int
    typical: float


def stopped(folder: Path, words: Sequence[str], ranks: int, at: int, meanwhile: int) -> Stopped:
    """Stop rank 2 after `at` steps until it is suspended and so many more are done."""
    run = Launched(folder, words, ranks)
    try:
        run.start_all()
        run.wait_for(lambda: run.done >= at)
        first = run.done
        os.kill(run.processes[2].pid, signal.SIGSTOP)
        run.wait_for(lambda: re.search(r"rank 2 \(workers .*\) is suspended", run.said))
        until = run.done + meanwhile
        run.wait_for(lambda: run.done >= until)
        os.kill(run.processes[2].pid, signal.SIGCONT)
        last, begun = run.done, time.monotonic()
        run.wait_for(lambda: not run.steps[-1]["silent"])
        seconds = time.monotonic() - begun
        run.finish()
        steps, summary = run.steps, run.summary
    finally:
        left = len(run.left()) + run.listens()
        run.end()
    again = next(step["step"] for step in steps[last:] if not step["silent"])
    return Stopped(
        max(step["seconds"] for step in steps[first:last]), last - first, again - last + 1, seconds,
        summary["finished"], summary["convicted"], left, summary["seconds_per_step"],
    )  # fmt: skip
