"""Door: where worker ranks come in, for as long as a run lasts; strangers are kept out."""

import logging
import selectors
import socket
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from types import MappingProxyType

import torch

from robusttrain.comm.failure import unpack
from robusttrain.comm.hello import DIFFERS, HELLO_BYTES, Hello
from robusttrain.comm.identity import Identity
from robusttrain.comm.joined import Joined
from robusttrain.comm.link import Kind, LinkError, Message, table
from robusttrain.comm.listener import listener
from robusttrain.comm.tls import binary, pin, server_context
from robusttrain.comm.tls_link import TlsLink
from robusttrain.comm.visitor import Visitor

log = logging.getLogger(__name__)
STRANGERS = 64  # connections at a time that have not proved to be a rank's
AT_ONCE = 8  # connections accepted before those that are on their way are seen to again
SECONDS = 10.0  # for a connection to say HELLO
QUIET = 60.0  # seconds between two words in the log about connections that were refused


@dataclass(frozen=True)
class Turned:
    """A worker rank, by its certificate, that was not let in: why, and its traceback if it told."""

    reason: str
    traceback: str = ""


class Door(threading.Thread):
    """Listens, and lets in who has a rank's key and runs the same as the server.

    One thread sees to all connections, and none of them makes it wait. At most `STRANGERS` of them
    have not proved to be a rank's; for one more, the oldest of those is closed. Memory and threads
    are bounded whatever strangers do, and a rank that they crowd out tries again (see `reach`).

    address: host and port to listen at; host "": all of this machine; port 0: any that is free.
        Raises OSError if it is taken.
    identity: Identity. The server's.
    fingerprint: 32 bytes that stand for the configuration and the versions of a rank.
    device: torch.device. Where the server computes.
    certificates: rank -> PEM. Of those that may come from the first moment on; see `admit`.
    changed: () -> None. Called, by the door's thread, when `waiting` or `turned` has changed.
    turned: rank -> Turned. Those whose last attempt to come in failed.
    refused: int. Connections that were not let in, strangers' and ranks'.
    """

    def __init__(
        self, address: tuple[str, int], identity: Identity, fingerprint: bytes,
        device: torch.device, changed: Callable[[], None] = lambda: None, seconds: float = SECONDS,
        certificates: Mapping[int, bytes] = MappingProxyType({}),
    ) -> None:  # fmt: skip
        super().__init__(daemon=True)
        self.fingerprint, self.device, self.changed = fingerprint, device, changed
        self.seconds, self.turned, self.refused = seconds, dict[int, Turned](), 0
        self.identity, self._context = identity, server_context(identity)
        self._certificates, self._ranks = dict[int, bytes](), dict[bytes, int]()
        self._waiting, self._lock = dict[int, Joined](), threading.Lock()
        self._visitors, self._over, self._told = list[Visitor](), False, -QUIET
        self._listener = listener(address)
        self._listener.setblocking(False)
        self._wake, self._woken = socket.socketpair()
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._selector.register(self._woken, selectors.EVENT_READ)
        for rank, certificate in certificates.items():
            self.admit(rank, certificate)
        self.start()

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    def admit(self, rank: int, certificate: bytes) -> None:
        """Let in who has the key of this certificate (PEM), as `rank`, in the place of an earlier.

        Raises ValueError if it is no certificate, or another rank's.
        """
        name = binary(certificate)
        if self._ranks.get(name, rank) != rank:
            raise ValueError(f"rank {rank} has the certificate of rank {self._ranks[name]}")
        fresh = [certificate]
        if rank in self._certificates:  # what was pinned in a context stays so
            self._context = server_context(self.identity)
            fresh += [known for r, known in self._certificates.items() if r != rank]
        for each in fresh:
            pin(self._context, each)
        self._certificates[rank] = certificate
        self._ranks = {n: r for n, r in self._ranks.items() if r != rank} | {name: rank}

    def waiting(self) -> list[Joined]:
        """Who has come in since the last call, ascending; without waiting."""
        with self._lock:
            joined, self._waiting = self._waiting, {}
        return [joined[rank] for rank in sorted(joined)]

    def run(self) -> None:
        try:
            while not self._over:
                self._turn()
        finally:
            for visitor in self._visitors:
                visitor.close()
            for joined in self.waiting():
                joined.link.close()
            for part in (self._selector, self._listener, self._wake, self._woken):
                part.close()

    def _turn(self) -> None:
        """See to all connections that are ready, then to new ones, then to those that are late."""
        now = time.monotonic()
        until = min((visitor.until for visitor in self._visitors), default=now + QUIET)
        events = self._selector.select(max(until - now, 0.0))
        for visitor in [key.data for key, _ in events if key.data is not None]:
            self._see_to(visitor)
        if any(key.fileobj is self._listener for key, _ in events):
            self._accept()
        now = time.monotonic()
        for visitor in [visitor for visitor in self._visitors if visitor.until <= now]:
            self._refuse(visitor, f"said no HELLO for {self.seconds:g} s")

    def _accept(self) -> None:
        for _ in range(AT_ONCE):
            try:
                connection, _ = self._listener.accept()
            except BlockingIOError:
                return
            except OSError as error:  # such as too many open files
                self._complain(f"could not be accepted: {error.strerror}")
                time.sleep(0.05)
                return
            until = time.monotonic() + self.seconds
            try:
                visitor = Visitor(connection, self._context, self.device, until)
            except (OSError, ValueError):  # it has closed again
                connection.close()
                self._complain("closed at once")
                continue
            self._visitors.append(visitor)
            self._selector.register(visitor.connection, visitor.events, visitor)
            strangers = [visitor for visitor in self._visitors if not visitor.rank]
            if len(strangers) > STRANGERS:
                self._refuse(strangers[0], "had to make room for others")

    def _see_to(self, visitor: Visitor) -> None:
        if visitor not in self._visitors:
            return
        known = visitor.rank
        try:
            message = visitor.step(self._ranks)
        except LinkError as error:
            self._refuse(visitor, str(error))
            return
        if visitor.rank and not known:
            for other in [v for v in self._visitors if v.rank == visitor.rank and v is not visitor]:
                self._refuse(other, "came again")
        if message is None:
            self._selector.modify(visitor.connection, visitor.events, visitor)
            return
        self._forget(visitor)
        assert visitor.link is not None
        self._hear(visitor.rank, visitor.link, message)

    def _hear(self, rank: int, link: TlsLink, message: Message) -> None:
        """Let the rank in, or tell it why not."""
        said = message.bytes().tobytes()
        told = Hello.decode(said)
        if message.kind == Kind.FAILED:
            reason, traceback = unpack(said)
            turned = Turned(f"failed: {reason}", traceback)
        elif message.kind != Kind.HELLO:
            turned = Turned(f"broke the protocol: {message.kind.name} of {len(said)} bytes first")
        elif told.fingerprint != self.fingerprint or len(said) != HELLO_BYTES:
            turned = Turned(DIFFERS)
        else:
            self._answer(link, Message(Kind.HELLO))
            with self._lock:
                before = self._waiting.get(rank)
                self._waiting[rank] = Joined(rank, link, told.machine)
                self.turned.pop(rank, None)
            if before is not None:
                before.link.close()
            self.changed()
            return
        self.turned[rank] = turned
        self._complain(f"is rank {rank}'s, which {turned.reason}")
        self._answer(link, Message(Kind.FAILED, payload=table(turned.reason.encode())))
        link.close()
        self.changed()

    def _answer(self, link: TlsLink, message: Message) -> None:
        with suppress(LinkError):
            link.post(message)  # it fits the buffers of a new connection

    def _refuse(self, visitor: Visitor, reason: str) -> None:
        self._forget(visitor)
        visitor.close()
        self._complain(reason)

    def _forget(self, visitor: Visitor) -> None:
        self._visitors.remove(visitor)
        self._selector.unregister(visitor.connection)

    def _complain(self, reason: str) -> None:
        """Count a connection that was refused; say so at most once in `QUIET` seconds."""
        self.refused += 1
        if time.monotonic() - self._told >= QUIET:
            self._told = time.monotonic()
            log.warning("refused %d connections so far; the last one %s", self.refused, reason)

    def close(self) -> None:
        """Listen no more. Links that were taken from `waiting` stay."""
        self._over = True
        with suppress(OSError):
            self._wake.send(b"x")
        self.join()
