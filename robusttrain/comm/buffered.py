"""Buffered link: a worker rank's end of a link, which takes messages in while the rank computes."""

import threading
from typing import Any

from robusttrain.comm.backlog import Backlog
from robusttrain.comm.link import HEADER_BYTES, Link, LinkError, Message


class Buffered(Link):
    """A link whose messages are received as they come, so that the server's sends are not held up.

    What waits is kept in a `Backlog`: the memory of two sets of parameters, beside that which
    arrives and that which is computed with.

    link: Link. Nobody else may receive on it.
    limit: int. Bytes of the largest payload that may come.
    """

    def __init__(self, link: Link, limit: int) -> None:
        self.link, self.device, self.received = link, link.device, 0
        self._backlog, self._lock = Backlog(), threading.Lock()
        self._end: LinkError | None = None
        self._waits = False  # then what arrives is left to the thread that waits for it
        with self._lock:
            self._inbox = link.inbox(limit, self._arrived)

    def send(self, message: Message, seconds: float) -> None:
        self.link.send(message, seconds)

    def receive(self, limit: int, seconds: float | None = None) -> Message:
        self._set_waiting(True)
        while (message := self._backlog.take()) is None:
            if self._end is not None:
                raise self._end
            try:
                self._note(self._inbox.get(1e9 if seconds is None else seconds))
            except TimeoutError:
                raise LinkError(f"was silent for {seconds:.0f} s") from None
            except LinkError as error:
                self._end = error
        self._set_waiting(False)
        return message

    def late(self, step: int) -> bool:
        self._arrived()
        return self._backlog.overtakes(step)

    def inbox(self, limit: int, arrived: Any) -> Any:
        raise AssertionError("this end has its inbox")

    def stop_reading(self) -> None:
        """Take in no more than one message more, and keep the link open."""
        self._inbox.stop()

    def close(self) -> None:
        self.link.close()
        self._inbox.join(1.0)

    def _set_waiting(self, waits: bool) -> None:
        with self._lock:
            self._waits = waits
            self._drain()

    def _arrived(self) -> None:
        with self._lock:
            if not self._waits:
                self._drain()

    def _drain(self) -> None:
        while self._end is None and self._inbox.ready():
            try:
                self._note(self._inbox.get(0.01))
            except LinkError as error:
                self._end = error

    def _note(self, message: Message) -> None:
        self.received += HEADER_BYTES + message.size
        self._backlog.put(message)
