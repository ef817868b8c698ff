"""Interruption: what SIGINT, SIGTERM and SIGUSR1 do to the server of a run."""

import os
import signal
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import FrameType

from torch import Tensor

from robusttrain.comm.supervisor import AGAIN, ENDING, tell_supervisor
from robusttrain.run.postmortem import bury

NUMBERS = (signal.SIGINT, signal.SIGTERM, signal.SIGUSR1)
SIGNAL = 128  # a signal's number is added to it: the exit code
STEP = 4.0  # seconds that the step under way has to end


class Interrupted(SystemExit):
    """Raised in the server when it is told to stop.

    number: int. Of the signal. when: str. How far the run had come.
    """

    def __init__(self, number: int, when: str = "") -> None:
        super().__init__(SIGNAL + number)
        self.number, self.when = number, when

    def __str__(self) -> str:
        return f"stopped by {signal.Signals(self.number).name}{self.when}"


class Interruption:
    """The first signal asks the run to stop after the step under way.

    If `seconds` later it has not, it is broken off by Interrupted, but not within an update or
    while a checkpoint is made. A SIGINT after the first signal ends this process at once, with a
    summary of what metrics.jsonl holds. All else is ignored.

    seconds: float. 0: the first signal breaks off at once, and SIGUSR1 is left alone.
    steps: int. Of the whole run; a signal within the last one lets the run end.
    folder: Path or None. Of the run, once there is one.
    updates: int. Updates that were made whole.
    """

    def __init__(self, seconds: float, steps: int) -> None:
        self.seconds, self.steps = seconds, steps
        self.folder: Path | None = None
        self.updates = self._done = 0
        self._number: int | None = None
        self._since = 0.0
        self._begun = self._whole = self._overdue = self._over = False
        for number in NUMBERS if seconds else NUMBERS[:2]:
            signal.signal(number, self._hear)

    def begin(self, step: int) -> None:
        """Steps are run from now on, from this one; until then a signal breaks off at once."""
        self._begun, self._done = True, step

    def stopping(self) -> bool:
        """Whether the run is to stop after the step under way."""
        return self._number is not None and self._done < self.steps - 1

    def whole(self, update: Callable[[Tensor | None], None]) -> Callable[[Tensor | None], None]:
        """`update`, which a signal waits for."""

        def uninterrupted(direction: Tensor | None) -> None:
            self._whole = True
            try:
                update(direction)
                self.updates += direction is not None
            finally:
                self._whole = False
            self._check()

        return uninterrupted

    def after(self, step: int, keep: Callable[[], bool]) -> None:
        """A step is reported. Raises Interrupted if the run is to stop, and it is kept.

        keep: () -> whether the state after this step is saved; a signal waits for it.
        """
        self._whole, stopping = True, self.stopping()
        if stopping:
            tell_supervisor(ENDING)
        try:
            kept = keep()
        finally:
            self._done, self._whole = step + 1, False
        if stopping and kept and self._number is not None:
            raise Interrupted(self._number, f" after step {step}")
        self._check()

    def state_dict(self) -> dict[str, int]:
        """How many updates were made whole."""
        return {"updates": self.updates}

    def load_state_dict(self, state: Mapping[str, int]) -> None:
        """Go on from a `state_dict`."""
        self.updates = state["updates"]

    def ignore(self) -> None:
        """From now on the run ends anyway: no signal raises."""
        self._over = True
        if self._number is not None:
            signal.setitimer(signal.ITIMER_REAL, 0)
            tell_supervisor(ENDING)

    def _hear(self, number: int, frame: FrameType | None) -> None:
        now = time.monotonic()
        if self._number is not None:
            if number == signal.SIGINT and now - self._since > AGAIN:
                self._leave()
            return
        self._number, self._since = number, now
        if self._over:
            return
        if self._begun and self.seconds:
            signal.signal(signal.SIGALRM, self._break_off)
            signal.setitimer(signal.ITIMER_REAL, self.seconds)
        else:
            self._break_off(number, frame)

    def _break_off(self, number: int, frame: FrameType | None) -> None:
        self._overdue = True
        if not self._whole:
            self._check()

    def _check(self) -> None:
        if self._overdue and not self._over and self._number is not None:
            after = f" after step {self._done - 1}" if self._done else ""
            within = f" within step {self._done}" if self._done < self.steps else ""
            raise Interrupted(self._number, ",".join(filter(None, (after, within))))

    def _leave(self) -> None:
        try:
            bury("stopped at once by a second SIGINT", str(self.folder or ""))
        finally:  # also if the signal came while something was printed
            os._exit(SIGNAL + signal.SIGINT)
