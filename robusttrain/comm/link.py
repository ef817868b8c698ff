"""Messages between the server and a worker rank, and the interface of the link they travel on.

A message is a header of six integers and a payload of bytes. Nothing is unpickled, and sizes
are checked before a payload is accepted.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import IntEnum, auto
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

MAGIC = 0x0B57
HEADER = 6
HEADER_BYTES = 8 * HEADER


class Kind(IntEnum):
    """What a message is; see topology/parameter_server.py for who sends which, and when."""

    HELLO = auto()
    MEMBERS = auto()
    PUBLISH = auto()
    COMMIT = auto()
    AUDIT = auto()
    TRUTH = auto()
    PULL = auto()
    LEAVES = auto()
    BLOCK = auto()
    ROWS = auto()
    REVEAL = auto()
    CLAIMS = auto()
    SUM = auto()
    STOP = auto()
    LEAVE = auto()
    FAILED = auto()


@dataclass(frozen=True, eq=False)
class Message:
    """A kind, three labels that say what it belongs to, and a payload.

    kind: Kind.
    step: int. The training step.
    pull: int. The attempt to pull rows, counted within the step; of a sum, its worker.
    index: int. The parcel of a pull, the block of a sum, or the request to audit.
    payload: uint8 [n] or None. On the CPU; parameters and rows may be on the device.
    """

    kind: Kind
    step: int = 0
    pull: int = 0
    index: int = 0
    payload: Tensor | None = None

    @property
    def size(self) -> int:
        """Bytes of the payload."""
        return 0 if self.payload is None else self.payload.numel()

    @property
    def header(self) -> list[int]:
        """What is sent before the payload."""
        return [MAGIC, int(self.kind), self.step, self.pull, self.index, self.size]

    def floats(self) -> Tensor:
        """The payload as float32."""
        return (torch.empty(0) if self.payload is None else self.payload).view(torch.float32)

    def bytes(self) -> np.ndarray:
        """The payload as uint8 [n], on the host."""
        return np.empty(0, np.uint8) if self.payload is None else self.payload.cpu().numpy()

    def reply(self, kind: Kind, payload: Tensor | None = None) -> "Message":
        """A message with the labels of this one."""
        return replace(self, kind=kind, payload=payload)


@dataclass(frozen=True, eq=False)
class Overlong(Message):
    """A message whose payload is longer than its header says; no correct rank sends one.

    announced: int. Bytes, as in the header.
    """

    announced: int = 0

    @property
    def size(self) -> int:
        return self.announced


class LinkError(Exception):
    """The peer is gone, was too slow, or broke the protocol; the link is of no further use."""


class Inbox(Protocol):
    """Messages that arrive on one link, in order."""

    def get(self, seconds: float, /) -> Message:
        """The next message.

        Raises TimeoutError if none arrives for `seconds`, LinkError if the link has ended.
        """

    def ready(self) -> bool:
        """Whether there is anything to get, the link's end included."""

    def join(self, seconds: float, /) -> None:
        """Wait until the link has ended, for at most `seconds`."""

    def stop(self) -> None:
        """Take in no more than one message more."""


class Link(ABC):
    """One end of the connection between the server and one worker rank; messages keep their order.

    device: torch.device. Where this end computes.
    received: int. Bytes that arrived at this end, headers included.
    """

    device: torch.device
    received: int

    @abstractmethod
    def send(self, message: Message, seconds: float) -> None:
        """Send and wait. Raises LinkError after `seconds`."""

    @abstractmethod
    def receive(self, limit: int, seconds: float | None = None) -> Message:
        """The next message, with a payload of at most `limit` bytes.

        Raises LinkError if none arrives for `seconds` (None: waits without end), if it is not
        a message or too large, or if the link has ended.
        """

    @abstractmethod
    def inbox(self, limit: int, arrived: Callable[[], None]) -> Inbox:
        """Receive all messages from now on; after that, call `receive` no more.

        arrived: () -> None. Called, by any thread, when there is more to get.
        """

    def late(self, step: int) -> bool:
        """Whether an answer to what the server said in `step` is known to come too late."""
        return False

    @abstractmethod
    def close(self) -> None:
        """End the link; a peer that waits on it gets a LinkError."""


def table(data: bytes) -> Tensor | None:
    """Bytes as a payload."""
    return torch.frombuffer(bytearray(data), dtype=torch.uint8) if data else None
