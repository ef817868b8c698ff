"""Backlog: messages from the server that wait for their turn, no more of them than is of use."""

import math
import threading
from collections import deque
from dataclasses import replace

from robusttrain.comm.link import Kind, Message

ASKING = (Kind.REVEAL, Kind.AUDIT, Kind.PULL, Kind.BLOCK)


class Backlog:
    """Messages from the server in order, for threads of which one puts and one takes.

    When PUBLISH of step t is put, what waits for earlier steps has lost its use: what asks for
    something in a step before t is thrown away, PUBLISH of a step before t - 1 loses its payload
    and keeps its place. So at most two sets of parameters wait. That of t - 1 is whole because
    REVEAL of t asks for it. STOP takes the use of everything before it.
    """

    def __init__(self) -> None:
        self._waiting: deque[Message] = deque()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, message: Message) -> None:
        """Add a message, and drop what it takes the use of."""
        with self._lock:
            if message.kind in (Kind.PUBLISH, Kind.STOP):
                now = math.inf if message.kind == Kind.STOP else message.step
                self._waiting = deque(
                    replace(m, payload=None) if m.kind == Kind.PUBLISH and m.step < now - 1 else m
                    for m in self._waiting
                    if m.kind not in ASKING or m.step >= now
                )
            self._waiting.append(message)

    def take(self) -> Message | None:
        """The first message; None if there is none."""
        with self._lock:
            return self._waiting.popleft() if self._waiting else None

    def overtakes(self, step: int) -> bool:
        """Whether PUBLISH of a later step waits, or STOP: answers to `step` come too late."""
        with self._lock:
            return any(
                m.kind == Kind.STOP or (m.kind == Kind.PUBLISH and m.step > step)
                for m in self._waiting
            )
