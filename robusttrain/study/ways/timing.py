"""Times the ways to compute rows, beside a plain forward and backward of the same samples."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor

from robusttrain.run.vectorize import fastest
from robusttrain.study.ways.trial import Trial
from robusttrain.training.objective.base import WAYS

CLOCKS = {"wall": time.perf_counter, "cpu": time.process_time}
REFERENCE = "vmap"


@dataclass(frozen=True)
class Timed:
    """What the ways take for all tasks.

    plain: float. Seconds of plain passes.
    seconds: way -> seconds, of those that work.
    difference: way -> |rows - those of vmap| / |those of vmap|, where vmap works.
    refused: way -> why it does not work.
    """

    plain: float
    seconds: dict[str, float]
    difference: dict[str, float]
    refused: dict[str, str]

    @property
    def chosen(self) -> str:
        """The fastest way, which `objective.vectorize=auto` takes; vmap where none works."""
        return fastest(self.seconds)


def compare(trial: Trial, repeat: int, clock: str = "wall") -> Timed:
    """The least of `repeat` calls of each, in turn, after a first that is not timed.

    repeat: int >= 1. clock: wall, or cpu for one thread on a busy machine.
    Raises ValueError for another repeat.
    """
    if repeat < 1:
        raise ValueError(f"--repeat {repeat} must be >= 1; use 3")
    difference, refused = dict[str, float](), dict[str, str]()
    reference: Tensor | None = None
    for way in (REFERENCE, *(way for way in WAYS if way != REFERENCE)):
        try:
            rows = trial.by(way)
        except (RuntimeError, ValueError) as error:
            refused[way] = " ".join(str(error).split())[:200]
            continue
        reference = rows.clone() if way == REFERENCE else reference
        if reference is not None:
            difference[way] = float((rows - reference).norm() / reference.norm())
    del reference
    trial.plain()
    calls: dict[str, Callable[[], Tensor]] = {"plain": trial.plain}
    calls |= {way: partial(trial.by, way) for way in WAYS if way not in refused}
    taken: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(repeat):
        for name, call in calls.items():
            taken[name].append(seconds(call, CLOCKS[clock]))
    least = {name: min(times) for name, times in taken.items()}
    return Timed(least.pop("plain"), least, difference, refused)


def seconds(call: Callable[[], Tensor], clock: Callable[[], float]) -> float:
    """What one call takes."""
    start = clock()
    if call().is_cuda:
        torch.cuda.synchronize()
    return clock() - start
