"""Writer: sends on one link in a thread of its own, so that nobody waits for a slow receiver."""

import threading

from robusttrain.comm.backlog import Backlog
from robusttrain.comm.bell import Bell
from robusttrain.comm.link import Link, LinkError, Message
from robusttrain.comm.streams import after_default_stream, own_stream


class Writer(threading.Thread):
    """Sends messages in order; closes the link if one of them is not taken in time.

    What waits is kept in a `Backlog`. Payloads must not change after they were put.

    link: Link. Nobody else may send on it.
    seconds: float. That the receiver has for a message.
    error: LinkError or None. Why the link was closed.
    """

    def __init__(self, link: Link, seconds: float) -> None:
        super().__init__(daemon=True)
        self.link, self.seconds = link, seconds
        self.error: LinkError | None = None
        self._backlog, self._bell, self._over = Backlog(), Bell(), False

    def put(self, message: Message) -> None:
        """Have a message sent after those before it."""
        self._backlog.put(message)
        self._bell.ring()

    def run(self) -> None:
        with own_stream(self.link.device):
            while (message := self._next()) is not None:
                try:
                    after_default_stream(self.link.device)
                    self.link.send(message, self.seconds)
                except LinkError as error:
                    self.error = error
                    self.link.close()
                    return

    def _next(self) -> Message | None:
        self._bell.wait(lambda: self._over or len(self._backlog) > 0, threading.TIMEOUT_MAX)
        return self._backlog.take()

    def end(self) -> None:
        """Send what waits, then end; without waiting for that."""
        self._over = True
        self._bell.ring()
