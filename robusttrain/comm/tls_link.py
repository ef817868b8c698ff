"""A link over one TLS connection: encrypted, both ends known by their certificates."""

import math
import select
import socket
import ssl
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace

import torch

from robusttrain.comm.frame import Incoming, Outgoing
from robusttrain.comm.group_link import to_host
from robusttrain.comm.link import HEADER_BYTES, Link, LinkError, Message
from robusttrain.comm.reader import Reader

EVENTS = {ssl.SSLWantReadError: select.POLLIN, ssl.SSLWantWriteError: select.POLLOUT}
KEEPALIVE = {"TCP_KEEPIDLE": 30, "TCP_KEEPINTVL": 10, "TCP_KEEPCNT": 6}


class TlsLink(Link):
    """The message link that survives whatever its peer sends.

    A header is checked before memory is taken for its payload; nothing is unpickled. Everything
    goes through host memory (pinned, for a GPU). One thread may receive while others send; what is
    sent keeps its order.

    connection: ssl.SSLSocket. After the handshake; it belongs to the link from now on.
    device: torch.device. Where this end computes.
    """

    def __init__(self, connection: ssl.SSLSocket, device: torch.device) -> None:
        connection.setblocking(False)
        tune(connection)
        self.connection, self.device, self.received = connection, device, 0
        self.wanted = select.POLLIN  # what the last `arrived` would have waited for
        self._incoming = Incoming(pinned=device.type == "cuda")
        self._unsent: deque[Outgoing] = deque()
        self._sending, self._tls = threading.Lock(), threading.Lock()
        self._state, self._users, self._closed = threading.Lock(), 0, False
        self._reader: Reader | None = None

    def post(self, message: Message) -> Outgoing:
        """What the buffers of the connection do not hold is sent by a thread."""
        posted = self._enqueue(message)
        with suppress(TimeoutError):
            self._push(posted, -math.inf)
        if not posted.done:
            threading.Thread(target=self._push_all, args=(posted,), daemon=True).start()
        return posted

    def settle(self, posted: Outgoing, until: float) -> None:
        start = time.monotonic()
        try:
            self._push(posted, until)
        except TimeoutError:
            raise LinkError(f"was silent for {time.monotonic() - start:.0f} s") from None

    def send(self, message: Message, seconds: float) -> None:
        self.settle(self._enqueue(message), time.monotonic() + seconds)

    def _enqueue(self, message: Message) -> Outgoing:
        if message.payload is not None:
            message = replace(message, payload=to_host(message.payload))
        outgoing = Outgoing(message)
        self._unsent.append(outgoing)
        return outgoing

    def _push_all(self, posted: Outgoing) -> None:
        with suppress(LinkError):
            self._push(posted, math.inf)

    def _push(self, own: Outgoing, until: float) -> None:
        """Write what is unsent, in order, up to `own`. Raises TimeoutError at the time `until`."""
        if not self._sending.acquire(timeout=seconds_to(until)):
            raise TimeoutError
        try:
            with self._in_use():
                while not own.done:
                    first = self._unsent[0]
                    try:
                        first.advance(self._call(self.connection.send, first.rest(), until))
                    except (ssl.SSLWantReadError, ssl.SSLWantWriteError) as error:
                        self._wait(EVENTS[type(error)], until)
                    if first.done:
                        self._unsent.popleft()
        finally:
            self._sending.release()

    def receive(self, limit: int, seconds: float | None = None) -> Message:
        until = math.inf if seconds is None else time.monotonic() + seconds
        while (message := self.arrived(limit, until)) is None:
            try:
                with self._in_use():
                    self._wait(self.wanted, until)
            except TimeoutError:
                raise LinkError(f"was silent for {seconds:.0f} s") from None
        return message

    def arrived(self, limit: int, until: float = math.inf) -> Message | None:
        """The next message, None if it is not whole yet; without waiting.

        limit: int. Bytes of the largest payload. Raises LinkError as `receive` does.
        """
        with self._in_use():
            while True:
                try:
                    space = self._incoming.space()
                    count = self._call(self.connection.recv_into, space, until)
                except (ssl.SSLWantReadError, ssl.SSLWantWriteError) as error:
                    self.wanted = EVENTS[type(error)]
                    return None
                except TimeoutError:
                    return None
                if not count:
                    raise LinkError("broke: the other end closed the connection")
                if (message := self._incoming.add(count, limit)) is not None:
                    self.received += HEADER_BYTES + message.size
                    return message

    def _call(self, function: Callable[[memoryview], int], data: memoryview, until: float) -> int:
        """Read or write: a TLS object must not be used by two threads at once."""
        if not self._tls.acquire(timeout=seconds_to(until)):
            raise TimeoutError
        try:
            return function(data)
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            raise
        except (OSError, ValueError) as error:
            raise LinkError(f"broke: {cause(error)}") from error
        finally:
            self._tls.release()

    def _wait(self, event: int, until: float) -> None:
        """Wait until the connection is ready, or ends; TimeoutError at the time `until`."""
        poll = select.poll()
        poll.register(self.connection, event)
        seconds = seconds_to(until)
        if not poll.poll(None if seconds < 0 else 1000 * seconds):
            raise TimeoutError

    def inbox(self, limit: int, arrived: Callable[[], None] = lambda: None) -> Reader:
        self._reader = Reader(self, limit, arrived)
        self._reader.start()
        return self._reader

    def close(self) -> None:
        """End the link; threads that wait on it, at either end, get a LinkError."""
        with self._state:
            self._closed, idle = True, self._users == 0
        with suppress(OSError):  # that of SSLSocket would let the next write go out in plain text
            socket.socket.shutdown(self.connection, socket.SHUT_RDWR)
        if idle:
            self.connection.close()
        if self._reader is not None:
            self._reader.end()

    @contextmanager
    def _in_use(self) -> Iterator[None]:
        """Meanwhile the descriptor stays open, so that no other file gets its number."""
        with self._state:
            if self._closed:
                raise LinkError("broke: it is closed")
            self._users += 1
        try:
            yield
        finally:
            with self._state:
                self._users -= 1
                last = self._closed and self._users == 0
            if last:
                self.connection.close()


def tune(connection: socket.socket) -> None:
    """Send at once, and have the kernel find out about a peer whose machine is gone."""
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in KEEPALIVE.items():
        if hasattr(socket, name):
            connection.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)


def seconds_to(until: float) -> float:
    """Seconds from now to `until`, at least 0; -1, which locks and `poll` take for ever, if inf."""
    return -1 if until == math.inf else max(until - time.monotonic(), 0.0)


def cause(error: Exception) -> str:
    """What ended a connection, in a line."""
    reason = getattr(error, "reason", None) or getattr(error, "strerror", None) or str(error)
    words = str(reason).partition(" (_ssl.c:")[0].replace("_", " ").lower()
    return words or type(error).__name__
