"""How a run ends before its time: by a signal, by divergence, by lost ranks or by an exception."""

import signal
from collections.abc import Callable, Mapping
from pathlib import Path
from types import FrameType

from torch import Tensor

from robusttrain.comm.failure import cause_of, traceback_of
from robusttrain.comm.hub import RanksMissing
from robusttrain.run import files
from robusttrain.run.divergence import Diverged

FAILED, DIVERGED, SIGNAL = 1, 3, 128  # exit codes; a signal's number is added to the last


class BrokenOff(RuntimeError):
    """A run that did not come to its end; its text is the cause, in one line.

    code: int. The exit code of the process.
    traceback: str. Of the exception that is the cause; empty where there is none to see.
    """

    def __init__(self, cause: str, code: int = FAILED, traceback: str = "") -> None:
        super().__init__(cause)
        self.code, self.traceback = code, traceback

    @classmethod
    def of(cls, error: BaseException) -> "BrokenOff":
        """What an exception means for the run that it ended."""
        if isinstance(error, Interrupted):
            return cls(f"stopped by {signal.Signals(error.number).name}", SIGNAL + error.number)
        if isinstance(error, Diverged):
            return cls(str(error), DIVERGED)
        if isinstance(error, RanksMissing):
            return cls(str(error), FAILED, error.traceback)
        return cls(cause_of(error), FAILED, traceback_of(error))


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


class Interrupted(SystemExit):
    """Raised in the server when it is told to stop; `number` is the signal's."""

    def __init__(self, number: int) -> None:
        super().__init__(SIGNAL + number)
        self.number = number


class Interruption:
    """The first SIGINT or SIGTERM raises Interrupted, but not within an update; later ones do not.

    updates: int. Updates that were made whole.
    """

    def __init__(self) -> None:
        self.updates, self._updating = 0, False
        self._number: int | None = None
        self._over = False
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._hear)

    def whole(self, update: Callable[[Tensor | None], None]) -> Callable[[Tensor | None], None]:
        """`update`, which a signal waits for."""

        def uninterrupted(direction: Tensor | None) -> None:
            self._updating = True
            try:
                update(direction)
                self.updates += direction is not None
            finally:
                self._updating = False
            if self._number is not None:
                raise Interrupted(self._number)

        return uninterrupted

    def state_dict(self) -> dict[str, int]:
        """How many updates were made whole."""
        return {"updates": self.updates}

    def load_state_dict(self, state: Mapping[str, int]) -> None:
        """Go on from a `state_dict`."""
        self.updates = state["updates"]

    def ignore(self) -> None:
        """From now on the run ends anyway: no signal raises."""
        self._over = True

    def _hear(self, number: int, frame: FrameType | None) -> None:
        if self._over or self._number is not None:
            return
        self._number = number
        if not self._updating:
            raise Interrupted(number)
