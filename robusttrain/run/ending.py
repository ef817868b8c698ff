"""How a run ends before its time: by a signal, by divergence, by lost ranks or by an exception."""

from collections.abc import Mapping
from pathlib import Path

from robusttrain.comm.failure import cause_of, traceback_of
from robusttrain.comm.losses import RanksMissing
from robusttrain.run import files
from robusttrain.run.divergence import Diverged
from robusttrain.run.interruption import SIGNAL, Interrupted

FAILED, DIVERGED = 1, 3  # exit codes


class BrokenOff(RuntimeError):
    """A run that did not come to its end; its text is the cause, in one line.

    code: int. The exit code of the process.
    traceback: str. Of the exception that is the cause; empty where there is none to see.
    resume: str or None. Overrides with which it goes on, where it can and was only stopped.
    """

    resume: str | None = None

    def __init__(self, cause: str, code: int = FAILED, traceback: str = "") -> None:
        super().__init__(cause)
        self.code, self.traceback = code, traceback

    @classmethod
    def of(cls, error: BaseException) -> "BrokenOff":
        """What an exception means for the run that it ended."""
        if isinstance(error, Interrupted):
            return cls(str(error), SIGNAL + error.number)
        if isinstance(error, Diverged):
            return cls(str(error), DIVERGED)
        if isinstance(error, RanksMissing):
            return cls(str(error), FAILED, error.traceback)
        return cls(cause_of(error), FAILED, traceback_of(error))

    def told(self) -> str:
        """What is printed last."""
        how = "" if self.resume is None else f"; to go on, the same command with {self.resume}"
        return "\n".join(filter(None, (self.traceback, f"error: {self}{how}")))


def keep_tracebacks(
    folder: Path, of_ranks: Mapping[int, str], end: BrokenOff | None
) -> BrokenOff | None:
    """Write rank-N.log for each rank that has a traceback; returns `end`, which says where."""
    texts = {rank: text for rank, text in of_ranks.items() if text}
    if end is not None and end.traceback and end.traceback not in texts.values():
        texts[0] = end.traceback
    for rank, text in texts.items():
        files.write_text(folder / f"rank-{rank}.log", text + "\n")
    if end is None or not end.traceback:
        return end
    rank = next(rank for rank, text in texts.items() if text == end.traceback)
    where = folder / f"rank-{rank}.log"
    return BrokenOff(f"{end}; its traceback is in {where}", end.code, end.traceback)
