"""Bell: how one thread waits for what several others put down."""

import threading
from collections.abc import Callable


class Bell:
    """Wakes the one thread that waits when a thread that reads has put something down."""

    def __init__(self) -> None:
        self._rung = threading.Condition()

    def ring(self) -> None:
        with self._rung:
            self._rung.notify_all()

    def wait(self, done: Callable[[], bool], seconds: float) -> None:
        """Wait until `done`, for at most `seconds`; it is asked whenever the bell rings."""
        with self._rung:
            self._rung.wait_for(done, seconds)
