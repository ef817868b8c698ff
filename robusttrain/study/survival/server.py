"""A server that is killed at many moments of one run, and goes on each time."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from statistics import median
from time import monotonic, sleep
from typing import Any

import torch
from torch import Tensor

from robusttrain.rng import stream
from robusttrain.study.survival.launched import Launched

TIMES = ("seconds", "bytes_to_server")
PROCESS = r" on rank \d+ \(.*?\)"  # where a convicted worker runs


@dataclass(frozen=True)
class Restarted:
    """What a run whose server was killed came to, beside one that nothing happened to.

    kills: int. writing: int. Those of them while a checkpoint was being written.
    again: int. Steps that were done a second time.
    parameters, metrics: bool. Whether they are equal, bit by bit, times and bytes aside.
    differs: str. The first line of the metrics that does, in both; empty: none.
    seconds: float. From a kill until a step is done that was not before, the median.
    left: int. Processes and ports that were left behind.
    """

    kills: int
    writing: int
    again: int
    parameters: bool
    metrics: bool
    differs: str
    seconds: float
    left: int


@dataclass(frozen=True)
class Moment:
    """When the server is killed.

    step: int. Once so many steps are done. part: float. And this part of a step later, 0..1.
    what: step, or writing: not before it writes a checkpoint, or resuming: as soon as it goes on.
    """

    step: int
    part: float
    what: str = "step"


def moments(count: int, steps: int, seed: int, first: int = 1) -> list[Moment]:
    """Moments spread over a run from step `first` on, drawn; a fifth while a checkpoint is written.

    One, in the middle, is as soon as the server goes on after the kill before it.
    """
    rng = stream(seed, "survival", "server")
    drawn = sorted(rng.choice(range(first, steps - 10), size=count, replace=False).tolist())
    what = ["writing" if i % 5 == 3 else "step" for i in range(count)]
    if count > 2:
        what[count // 2] = "resuming"
    return [Moment(step, float(rng.random()), name) for step, name in zip(drawn, what, strict=True)]


def restarted(folder: Path, words: Sequence[str], ranks: int, at: Sequence[Moment]) -> Restarted:
    """Run with the server killed at these moments and started again, and once undisturbed."""
    for name in ("whole", "killed"):
        (folder / name).mkdir()
    whole, run = (Launched(folder / name, words, ranks) for name in ("whole", "killed"))
    try:
        whole.start_all()
        whole.finish()
        killer = Killer(run)
        run.start_all()
        for moment in at:
            killer.kill(moment)
        run.finish()
        differs = difference(run.metrics, whole.metrics)
        same = equal(run.run / "model.pt", whole.run / "model.pt")
    finally:
        left = sum(len(each.left()) + each.listens() for each in (whole, run))
        whole.end()
        run.end()
    return Restarted(
        len(at), killer.writing, killer.again, same, not differs, differs,
        median(killer.seconds or [0.0]), left,
    )  # fmt: skip


class Killer:
    """Kills the server of a run, and starts it again each time.

    writing, again, seconds: as `Restarted` has them, of each kill.
    """

    def __init__(self, run: Launched) -> None:
        self.run, self.writing, self.again = run, 0, 0
        self.seconds = list[float]()
        self._done, self._resumed, self._known = 0, 0, set[tuple[str, int]]()
        self._since: float | None = None

    def kill(self, moment: Moment) -> None:
        """At this moment, or as soon as a step is done that was not before the last kill."""
        if moment.what == "resuming":
            self.run.wait_for(lambda: self.run.said.count("goes on after step") > self._resumed)
        else:
            self.run.wait_for(lambda: self.run.done > self._done)
            if self._since is not None:
                self.seconds.append(monotonic() - self._since)
            self.run.wait_for(lambda: self.run.done >= moment.step)
            if moment.what == "writing":
                self.run.wait_for(lambda: partial(self.run) - self._known, 0)
            else:
                sleep(moment.part * median(step["seconds"] for step in self.run.steps))
        self.run.kill_server()
        self._since = monotonic()
        self.writing += bool(partial(self.run) - self._known)
        self._known = partial(self.run)
        self._done = max(self._done, self.run.done)
        self._resumed = self.run.said.count("goes on after step")
        self.again += self.run.done - newest(self.run)
        self.run.start_rank(0)


def partial(run: Launched) -> set[tuple[str, int]]:
    """The checkpoints that are not whole, and since when, in nanoseconds."""
    found = set[tuple[str, int]]()
    for path in (run.run / "checkpoints").glob("*.partial"):
        try:
            found.add((path.name, path.stat().st_mtime_ns))
        except OSError:  # whole by now
            continue
    return found


def newest(run: Launched) -> int:
    """How many steps are done at the newest checkpoint."""
    paths = sorted((run.run / "checkpoints").glob("step-*.pt"))
    return int(paths[-1].stem.removeprefix("step-")) if paths else 0


def difference(mine: Sequence[Mapping[str, Any]], whole: Sequence[Mapping[str, Any]]) -> str:
    """The first line of metrics that differs, in both; empty if none does."""
    nothing: dict[str, Any] = {}
    for one, other in zip_longest(map(plain, mine), map(plain, whole), fillvalue=nothing):
        if one != other:
            keys = [key for key in one.keys() | other.keys() if one.get(key) != other.get(key)]
            step, key = one.get("step", other.get("step")), min(keys)
            return f"step {step}: {key} {one.get(key)} against {other.get(key)}"
    return ""


def plain(line: Mapping[str, Any]) -> dict[str, Any]:
    """A line of metrics without times, bytes, and the processes that convicted workers were in."""
    kept = {key: value for key, value in line.items() if key not in TIMES}
    if "first_convicted" in kept:
        kept["first_convicted"] = [re.sub(PROCESS, "", said) for said in kept["first_convicted"]]
    return kept


def equal(mine: Path, whole: Path) -> bool:
    """Whether two files of parameters are equal, bit by bit."""
    one: dict[str, Tensor] = torch.load(mine, weights_only=True)
    other: dict[str, Tensor] = torch.load(whole, weights_only=True)
    return one.keys() == other.keys() and all(torch.equal(one[key], other[key]) for key in one)
