"""The server's end of all links: send to many, gather from many, go on without the lost."""

import logging
import queue
import time
from collections.abc import Mapping

from torch import Tensor

from robusttrain.comm.link import Kind, Link, LinkError, Message, Reader

log = logging.getLogger(__name__)


class Hub:
    """One link and one reader thread per worker rank.

    A rank that dies, misses a deadline or breaks the protocol is cut off for the rest of the
    run: `lost` says why. Nothing here raises for it, and no rank waits for another.
    """

    def __init__(self, links: Mapping[int, Link], limit: int, deadline: float) -> None:
        self.deadline = deadline
        self.links = dict(links)
        self.lost: dict[int, str] = {}
        self._gone = 0
        self._readers = {rank: Reader(link, limit) for rank, link in self.links.items()}
        for reader in self._readers.values():
            reader.start()

    @property
    def received(self) -> int:
        """Bytes that have come from all worker ranks, headers included."""
        return self._gone + sum(link.received for link in self.links.values())

    def send(self, messages: Mapping[int, Message]) -> None:
        """Send to each rank that is still there, to all at once, before one deadline."""
        until = time.monotonic() + self.deadline
        posted = {}
        for rank, message in messages.items():
            if rank in self.links:
                try:
                    posted[rank] = self.links[rank].post(message)
                except LinkError as error:
                    self.drop(rank, str(error))
        for rank, works in posted.items():
            try:
                self.links[rank].settle(works, until)
            except LinkError as error:
                self.drop(rank, str(error))

    def gather(self, wanted: Message, sizes: Mapping[int, int]) -> dict[int, Tensor | None]:
        """The payloads of the messages labelled like `wanted`, of exactly sizes[rank] bytes.

        Ranks that do not answer before the deadline, or answer something else, are cut and
        left out. Messages of earlier steps or pulls are thrown away.
        """
        until = time.monotonic() + self.deadline
        answers = {}
        for rank, size in sizes.items():
            if rank in self.links:
                try:
                    answers[rank] = self._next(rank, wanted, size, until)
                except LinkError as error:
                    self.drop(rank, str(error))
        return answers

    def _next(self, rank: int, wanted: Message, size: int, until: float) -> Tensor | None:
        while True:
            try:
                seconds = max(until - time.monotonic(), 0.01)
                message = self._readers[rank].inbox.get(timeout=seconds)
            except queue.Empty:
                raise LinkError(
                    f"was silent for {self.deadline:g} s at {wanted.kind.name}"
                ) from None
            if isinstance(message, LinkError):
                raise message
            if (message.step, message.pull) < (wanted.step, wanted.pull):
                continue
            got = 0 if message.payload is None else message.payload.numel()
            if label(message) != label(wanted) or got != size:
                raise LinkError(
                    f"broke the protocol: {label(message)} of {got} bytes where "
                    f"{label(wanted)} of {size} was due"
                )
            return message.payload

    def drop(self, rank: int, reason: str) -> None:
        """Hear `rank` no more."""
        log.warning("rank %d is lost: it %s", rank, reason)
        link = self.links.pop(rank)
        self._gone += link.received
        self.lost[rank] = reason
        link.close()

    def stop(self) -> None:
        """Dismiss the workers and wait for their links to end."""
        self.send(dict.fromkeys(self.links, Message(Kind.STOP)))
        for rank in self.links:
            self._readers[rank].join(self.deadline)

    def close(self) -> None:
        """Drop all links, so that no thread is left behind."""
        for rank, link in self.links.items():
            link.close()
            self._readers[rank].join(self.deadline)


def label(message: Message) -> tuple[str, int, int, int]:
    return message.kind.name, message.step, message.pull, message.index
