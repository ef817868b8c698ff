"""Frame: a message as bytes of a stream: 48 bytes of header, then the payload."""

import struct
from collections.abc import Sequence

import torch

from robusttrain.comm.link import HEADER, HEADER_BYTES, MAGIC, Kind, LinkError, Message

NUMBERS = struct.Struct(f"<{HEADER}q")
KINDS = frozenset(Kind)
NOTHING = memoryview(b"")


class Incoming:
    """Puts messages together from the bytes of a stream, in order.

    Memory for a payload is taken only once its header has proved right, and never more than the
    limit. After a LinkError the stream is of no further use: nobody knows where a frame starts.

    pinned: bool. Whether payloads lie in pinned memory, for a GPU.
    """

    def __init__(self, pinned: bool = False) -> None:
        self._pinned = pinned
        self._start()

    def _start(self) -> None:
        self._message: Message | None = None
        self._room, self._filled = memoryview(bytearray(HEADER_BYTES)), 0

    def space(self) -> memoryview:
        """Where the next bytes belong; at least one."""
        return self._room[self._filled :]

    def add(self, count: int, limit: int) -> Message | None:
        """Note that `count` bytes lie in `space()`; returns the message once it is whole.

        limit: int. Bytes of the largest payload. Raises LinkError if the header is not right.
        """
        self._filled += count
        if self._filled < len(self._room):
            return None
        if self._message is None:
            kind, step, pull, index, size = fields(NUMBERS.unpack(self._room), limit)
            payload = None
            if size:
                payload = torch.empty(size, dtype=torch.uint8, pin_memory=self._pinned)
                self._room, self._filled = payload.numpy().data, 0
            self._message = Message(kind, step, pull, index, payload)
            if size:
                return None
        message = self._message
        self._start()
        return message


def fields(header: Sequence[int], limit: int) -> tuple[Kind, int, int, int, int]:
    """Kind, step, pull, index and bytes of payload; LinkError if they cannot be a message's.

    >>> fields([MAGIC, Kind.PULL, 3, 0, 0, 0], limit=8)[:2]
    (<Kind.PULL: 7>, 3)
    """
    magic, kind, step, pull, index, size = header
    wrong = ""
    if magic != MAGIC:
        wrong = "this is no message"
    elif kind not in KINDS:
        wrong = "there is no such kind"
    elif not 0 <= size <= limit:
        wrong = "its size is beyond the limit" if size > 0 else "its size is negative"
    if wrong:
        raise LinkError(f"broke the protocol: header {list(header)}, limit {limit}: {wrong}")
    return Kind(kind), step, pull, index, size


class Outgoing:
    """A message on its way out: what of its bytes is still to be written.

    message: Message. Its payload is on the host and does not change until all is written.
    """

    def __init__(self, message: Message) -> None:
        payload = message.payload
        data = NOTHING if payload is None else payload.contiguous().numpy().data
        first = min(len(data), FIRST)
        head = NUMBERS.pack(*message.header) + data[:first]
        self._parts = [part for part in (data[first:], memoryview(head)) if part]

    @property
    def done(self) -> bool:
        return not self._parts

    def rest(self) -> memoryview:
        """What is to be written next; at least one byte, unless it is done."""
        return self._parts[-1]

    def advance(self, count: int) -> None:
        """Note that the first `count` bytes of `rest()` are written."""
        rest = self._parts.pop()[count:]
        if rest:
            self._parts.append(rest)


FIRST = (1 << 14) - HEADER_BYTES
"""Bytes of payload that go out together with the header: what fills one record of TLS."""
