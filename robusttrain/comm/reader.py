"""Reader: takes messages in from one link, in a thread of its own, within bounds."""

import threading
from collections import deque
from collections.abc import Callable

from robusttrain.comm.link import Link, LinkError, Message
from robusttrain.comm.streams import own_stream

MESSAGES = 4096
PAYLOADS = 8  # of the largest size; a rank of a stream of rows has 7 on their way


class Reader(threading.Thread):
    """Reads one link until it ends; the last thing it reads is the LinkError.

    While `MESSAGES` messages or `PAYLOADS` times `limit` bytes wait to be taken, it reads no more:
    then the peer's sends wait, and a peer that floods this end holds up nobody but itself.

    link: Link. Nobody else may receive on it.
    limit: int. Bytes of the largest payload.
    arrived: () -> None. Called when there is more to get.
    """

    def __init__(self, link: Link, limit: int, arrived: Callable[[], None]) -> None:
        super().__init__(daemon=True)
        self.link, self.limit, self.arrived = link, limit, arrived
        self._unread: deque[Message | LinkError] = deque()
        self._bytes = 0
        self._changed = threading.Condition()
        self._stopped = self._over = False

    def run(self) -> None:
        try:
            with own_stream(self.link.device):
                while not self._stopped:
                    message = self.link.receive(self.limit)
                    self._put(message)
                    self.arrived()
                    del message  # what is taken is not held here until the next one comes
                    self._wait_for_room()
        except LinkError as error:
            self._put(error)
            self.arrived()

    def _put(self, item: Message | LinkError) -> None:
        with self._changed:
            if not self._over or isinstance(item, LinkError):
                self._unread.append(item)
                self._bytes += size_of(item)
                self._changed.notify_all()

    def _wait_for_room(self) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._over or not self._full())

    def _full(self) -> bool:
        return len(self._unread) >= MESSAGES or self._bytes >= PAYLOADS * self.limit > 0

    def stop(self) -> None:
        """Take in no more than one message more."""
        self._stopped = True

    def end(self) -> None:
        """Nobody takes messages any more: those that come are thrown away."""
        with self._changed:
            self._over = True
            self._changed.notify_all()

    def join(self, timeout: float | None = None) -> None:
        """Wait until the link has ended; messages that come until then are thrown away."""
        self.end()
        super().join(timeout)

    def ready(self) -> bool:
        return bool(self._unread)

    def get(self, seconds: float) -> Message:
        with self._changed:
            if not self._changed.wait_for(lambda: bool(self._unread), seconds):
                raise TimeoutError
            item = self._unread.popleft()
            self._bytes -= size_of(item)
            self._changed.notify_all()
        if isinstance(item, LinkError):
            raise item
        return item


def size_of(item: Message | LinkError) -> int:
    """Bytes of the payload."""
    return item.size if isinstance(item, Message) else 0
