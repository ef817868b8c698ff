"""The server's end of all links: send to many ranks, gather from many, go on without lost ones."""

import logging
import time
from collections import deque
from collections.abc import Callable, Container, Mapping, Sequence
from contextlib import suppress
from typing import Any

from torch import Tensor

from robusttrain.comm.bell import Bell
from robusttrain.comm.failure import unpack
from robusttrain.comm.labels import is_due
from robusttrain.comm.link import Kind, Link, LinkError, Message
from robusttrain.comm.machine import Machine
from robusttrain.comm.writer import Writer

log = logging.getLogger(__name__)
OPEN = 16  # messages to a rank that are posted and may not be taken yet


class RanksMissing(RuntimeError):
    """Worker ranks that are needed did not join or are lost; says which and why.

    traceback: str. Of the first of them that failed by an exception, else empty.
    """

    def __init__(self, cause: str, traceback: str = "") -> None:
        super().__init__(cause)
        self.traceback = traceback


class Hub:
    """One link per worker rank.

    A rank that dies, misses a deadline or breaks the protocol is dropped for the rest of the
    run. Nothing here raises for it, and no rank waits for another.

    links: rank -> Link, of the ranks that are still there.
    limit: int. Bytes of the largest payload that a rank may send.
    deadline: float. Seconds that ranks have for a message, and for an answer.
    clock: () -> seconds. The time that deadlines are measured in.
    wait: wait(done, seconds) lets messages arrive until done(), for at most so many seconds; None:
        real ones, in real time.
    queues: bool. True: `send` does not wait until ranks have taken the message. A rank that is
        behind gets what still is of use to it (see `Backlog`); one that takes nothing for
        `deadline` seconds is dropped. Payloads must not be changed after they were sent.
    lost: rank -> str. Why it was dropped.
    machines: rank -> Machine. Where it runs, as far as that is known.
    tracebacks: rank -> str. Of those that were lost to an exception of their own.
    """

    def __init__(
        self,
        links: Mapping[int, Link],
        limit: int,
        deadline: float,
        clock: Callable[[], float] = time.monotonic,
        wait: Callable[[Callable[[], bool], float], None] | None = None,
        queues: bool = False,
    ) -> None:
        bell = Bell()
        self.deadline, self.clock = deadline, clock
        self.links = dict(links)
        self.lost: dict[int, str] = {}
        self.machines: dict[int, Machine] = {}
        self.tracebacks: dict[int, str] = {}
        self._received_from_lost = 0
        self._open: dict[int, deque[Any]] = {}
        self._wait, self._latest = wait or bell.wait, 0
        self._inboxes = {r: link.inbox(limit, bell.ring) for r, link in self.links.items()}
        self._writers = {r: Writer(link, deadline) for r, link in self.links.items() if queues}
        for writer in self._writers.values():
            writer.start()

    @property
    def received(self) -> int:
        """Bytes that have come from all worker ranks, headers included."""
        return self._received_from_lost + sum(link.received for link in self.links.values())

    def send(self, messages: Mapping[int, Message]) -> None:
        """Send to each rank that is still there, to all at once, before one deadline."""
        for rank, message in messages.items():
            if rank in self.links and rank in self._writers:
                self._writers[rank].put(message)
        if self._writers:
            return
        until = self.clock() + self.deadline
        posted = {}
        for rank, message in messages.items():
            if rank in self.links:
                try:
                    posted[rank] = self.links[rank].post(message)
                except LinkError as error:
                    self.drop(rank, str(error))
        for rank, works in posted.items():
            try:
                for earlier in self._open.pop(rank, ()):
                    self.links[rank].settle(earlier, until)
                self.links[rank].settle(works, until)
            except LinkError as error:
                self.drop(rank, str(error))

    def post(self, rank: int, message: Message) -> None:
        """Send to one rank that is still there; up to `OPEN` messages need not be taken at once."""
        if rank in self._writers:
            self._writers[rank].put(message)
        elif rank in self.links:
            open_posts = self._open.setdefault(rank, deque())
            try:
                open_posts.append(self.links[rank].post(message))
                while len(open_posts) > OPEN:
                    self.links[rank].settle(open_posts.popleft(), self.clock() + self.deadline)
            except LinkError as error:
                self.drop(rank, str(error))

    def gather(self, wanted: Message, sizes: Mapping[int, int]) -> dict[int, Tensor | None]:
        """The payloads of the messages labelled like `wanted`, of exactly sizes[rank] bytes.

        There is one deadline for all. Ranks that do not answer before it, or answer something
        else, are dropped and left out. Messages of earlier steps or pulls are thrown away.
        """
        until = self.clock() + self.deadline
        answers = {}
        for rank, size in sizes.items():
            if rank in self.links:
                try:
                    answers[rank] = self._next(rank, wanted, size, until)
                except LinkError as error:
                    self.drop(rank, str(error))
        return answers

    def arrival(
        self, due: Mapping[int, tuple[Message, int]], until: float
    ) -> tuple[int, Tensor | None] | None:
        """The next payload of the ranks in `due`, ranks in turn; None if there is none by `until`.

        Also None, at once, if a rank is lost, or has sent what is thrown away; see `gather`.

        due: rank -> what it is to send next, and the bytes of the payload.
        """
        rank, message = self.receive(until, due) or (0, None)
        try:
            if message is not None and is_due(message, *due[rank]):
                return rank, message.payload
        except LinkError as error:
            self.drop(rank, str(error))
        return None

    def receive(
        self, until: float, among: Container[int] | None = None
    ) -> tuple[int, Message] | None:
        """The next message of any rank, ranks in turn; None if none is there at the time `until`.

        A rank whose link has ended is dropped; then it is None at once.

        among: the ranks that count; None: all.
        """
        ranks = [rank for rank in self.links if among is None or rank in among]

        def ready() -> list[int]:
            return [rank for rank in ranks if self._inboxes[rank].ready()]

        if ranks:
            self._wait(lambda: bool(ready()), max(until - self.clock(), 0.0))
        if not (arrived := ready()):
            return None
        self._latest = min(arrived, key=lambda rank: (rank <= self._latest, rank))
        try:
            return self._latest, self._take(self._latest, 0.01)
        except LinkError as error:
            self.drop(self._latest, str(error))
        return None

    def _take(self, rank: int, seconds: float) -> Message:
        """The next message of `rank`; LinkError if it says that it is leaving, or has failed."""
        message = self._inboxes[rank].get(seconds)
        if message.kind == Kind.LEAVE:
            raise LinkError("left: its training loop has ended")
        if message.kind == Kind.FAILED:
            cause, self.tracebacks[rank] = unpack(message.bytes().tobytes())
            raise LinkError(f"failed: {cause}")
        return message

    def _next(self, rank: int, wanted: Message, size: int, until: float) -> Tensor | None:
        while True:
            try:
                message = self._take(rank, max(until - self.clock(), 0.01))
            except TimeoutError:
                raise LinkError(
                    f"was silent for {self.deadline:g} s at {wanted.kind.name}"
                ) from None
            if is_due(message, wanted, size):
                return message.payload

    def drop(self, rank: int, reason: str) -> None:
        """Close the link to `rank`, for good."""
        if (writer := self._writers.get(rank)) is not None:
            writer.end()
            writer.join(0.1)  # if its error has ended the link, it is about to say so
            reason = reason if writer.error is None else f"{writer.error} while the server sent"
        log.warning("rank %d is lost: it %s", rank, reason)
        link = self.links.pop(rank)
        self._open.pop(rank, None)
        self._received_from_lost += link.received
        self.lost[rank] = reason
        link.close()

    def stop(self, payload: Tensor | None = None) -> None:
        """Tell the worker ranks to stop and wait for their links to end.

        payload: uint8 [n] or None. What they are told with it.
        """
        self.send(dict.fromkeys(self.links, Message(Kind.STOP, payload=payload)))
        for rank in self.links:
            self._inboxes[rank].join(self.deadline)

    def dismiss(self, seconds: float) -> None:
        """Tell the worker ranks to stop, give them `seconds` in all, and close all links."""
        until = self.clock() + seconds
        for rank, link in self.links.items():
            if rank in self._writers:
                self._writers[rank].put(Message(Kind.STOP))
                continue
            with suppress(LinkError):
                link.settle(link.post(Message(Kind.STOP)), until)
        for rank in self.links:
            self._inboxes[rank].join(max(until - self.clock(), 0.01))
        self.close()

    def losses(self) -> str:
        """The ranks that are lost, and why; those with the same reason together."""
        ranks: dict[str, list[int]] = {}
        for rank, reason in self.lost.items():
            ranks.setdefault(reason, []).append(rank)
        return "; ".join(f"{listed(lost)} {reason}" for reason, lost in ranks.items())

    def close(self) -> None:
        """Close all links, so that no thread is left behind."""
        for writer in self._writers.values():
            writer.end()
        for rank, link in self.links.items():
            link.close()
            self._inboxes[rank].join(self.deadline)


def listed(ranks: Sequence[int]) -> str:
    """Ranks by their numbers, at most five of them.

    >>> listed([4]), listed([1, 2, 3]), listed(range(1, 10))
    ('rank 4', 'ranks 1, 2 and 3', 'ranks 1, 2, 3, 4 and 5 more')
    """
    names = [str(rank) for rank in ranks]
    if len(names) > 5:
        names = [*names[:4], f"{len(names) - 4} more"]
    *rest, last = names
    return f"ranks {', '.join(rest)} and {last}" if rest else f"rank {last}"
