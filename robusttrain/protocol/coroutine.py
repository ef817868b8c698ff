"""Coroutines: plain functions in threads of their own, of which one runs at a time."""

import threading
from collections.abc import Callable


class Stopped(BaseException):
    """Raised in a coroutine that is to end."""


class Coroutine:
    """Runs `body` piece by piece: from each `resume` to the next `pause`.

    body: () -> None. May call `pause`, at any depth.
    name: str. For error messages.
    limit: float. Real seconds that a piece may take.
    ended: bool. Whether `body` has returned or raised.
    error: BaseException or None. What it raised.
    """

    def __init__(self, body: Callable[[], None], name: str, limit: float) -> None:
        self.body, self.name, self.limit = body, name, limit
        self.ended = False
        self.error: BaseException | None = None
        self._running = self._stopping = False
        self._go, self._paused = threading.Semaphore(0), threading.Semaphore(0)
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def resume(self) -> None:
        """Run until the next pause or the end. Raises RuntimeError after `limit` seconds."""
        assert not self.ended
        self._running = True
        if self._thread.ident is None:
            self._thread.start()
        self._go.release()
        self._wait()

    def pause(self) -> None:
        """Called by `body`: wait for the next `resume`."""
        self._paused.release()
        self._go.acquire()
        if self._stopping:
            raise Stopped

    def stop(self) -> None:
        """End it where it paused. Raises RuntimeError if it does not pause."""
        self._stopping = True
        if self._running:  # what waited for it was interrupted
            self._wait()
        if self._thread.ident is not None and not self.ended:
            self.resume()
            self._thread.join(self.limit)

    def _wait(self) -> None:
        if not self._paused.acquire(timeout=self.limit):
            raise RuntimeError(f"{self.name} has not paused for {self.limit:g} s of real time")
        self._running = False

    def _run(self) -> None:
        self._go.acquire()
        try:
            if not self._stopping:
                self.body()
        except Stopped:
            pass
        except BaseException as error:
            self.error = error
        self.ended = True
        self._paused.release()
