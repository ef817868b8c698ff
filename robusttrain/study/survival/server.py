"""A server that is killed at many moments of one run, and goes on each time."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import monotonic, sleep

from robusttrain.run.files import CHECKPOINTS, checkpoints
from robusttrain.study.survival.compared import difference, equal
from robusttrain.study.survival.launched import Launched
from robusttrain.study.survival.moments import Moment

MISSED = 12  # steps in which no checkpoint was seen while it was written: then it is killed anyway


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
                latest = moment.step + MISSED
                self.run.wait_for(
                    lambda: partial(self.run) - self._known or self.run.done >= latest, 0
                )
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
    for path in (run.run / CHECKPOINTS).glob("*.partial"):
        try:
            found.add((path.name, path.stat().st_mtime_ns))
        except OSError:  # whole by now
            continue
    return found


def newest(run: Launched) -> int:
    """How many steps are done at the newest checkpoint."""
    paths = checkpoints(run.run)
    return int(paths[0].stem.removeprefix("step-")) if paths else 0
