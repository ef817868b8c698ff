"""The server's end of all links: send to many ranks, gather from many, go on without lost ones."""

import logging
import time
from collections.abc import Callable, Collection, Container, Mapping

from torch import Tensor

from robusttrain.comm.bell import Bell
from robusttrain.comm.failure import unpack
from robusttrain.comm.gathering import Gathering
from robusttrain.comm.joined import Doorway, Joined
from robusttrain.comm.labels import is_due
from robusttrain.comm.link import Inbox, Kind, Link, LinkError, Message
from robusttrain.comm.machine import Machine
from robusttrain.comm.pace import Pace
from robusttrain.comm.writer import Writer

log = logging.getLogger(__name__)
UNAWAITED = "has no credit left, and is not waited for"
MOST_OLD = 1000  # messages of a rank that are thrown away at once; one that sends more is flooding


class Hub:
    """One link per worker rank.

    A rank that dies or breaks the protocol is *lost*: its link is closed, until `admit` has the
    rank back. One that is late is *silent*: it is not asked for more, nor waited for, in that step;
    what it sends too late is thrown away by its label. Nothing here raises for either, and no rank
    waits for another.

    links: rank -> Link, of the ranks that are there.
    limit: int. Bytes of the largest payload that a rank may send.
    deadline: float. Seconds that ranks have for a message, and for an answer.
    clock: () -> seconds. The time that deadlines are measured in.
    wait: wait(done, seconds) lets messages arrive until done(), for at most so many seconds; None:
        real ones, in real time. Then each rank has a thread that sends, so that `send` waits for
        nobody: a rank that is behind gets what still is of use to it (see `Backlog`), and one that
        takes nothing for `deadline` seconds is lost. Payloads must not change after they were sent.
    door: Doorway or None. Where ranks join anew.
    returns: float. Seconds that a rank is waited for where none is left.
    lost: rank -> str. Why it is not there.
    silent: rank -> str. Why nothing is expected of it in this step.
    heard: rank -> int. The step of the last message that was taken from it.
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
    ) -> None:
        self.limit, self.deadline, self.clock = limit, deadline, clock
        self.links: dict[int, Link] = {}
        self.lost: dict[int, str] = {}
        self.silent: dict[int, str] = {}
        self.heard: dict[int, int] = {}
        self.machines: dict[int, Machine] = {}
        self.tracebacks: dict[int, str] = {}
        self._received_from_lost = 0
        self._bell, self._latest, self._threads = Bell(), 0, wait is None
        self._wait = wait or self._bell.wait
        self.door: Doorway | None = None
        self.returns = 0.0
        self._inboxes: dict[int, Inbox] = {}
        self._writers: dict[int, Writer] = {}
        for rank, link in links.items():
            self._admit(rank, link)

    def admit(self, joined: Joined) -> None:
        """Have a rank there that has joined; an earlier link of it is closed."""
        self._admit(joined.rank, joined.link)
        self.machines[joined.rank] = joined.machine

    def _admit(self, rank: int, link: Link) -> None:
        if rank in self.links:
            self.drop(rank, "has joined anew")
        for of_before in (self.lost, self.silent, self.heard):
            of_before.pop(rank, None)
        self.links[rank] = link
        self._inboxes[rank] = link.inbox(self.limit, self._bell.ring)
        if self._threads:
            self._writers[rank] = Writer(link, self.deadline)
            self._writers[rank].start()

    def welcome(self) -> list[int]:
        """Have those there that have joined anew; returns their ranks."""
        joined = [] if self.door is None else list(self.door.waiting())
        for one in joined:
            self.admit(one)
        return sorted({one.rank for one in joined})

    @property
    def received(self) -> int:
        """Bytes that have come from all worker ranks, headers included."""
        return self._received_from_lost + sum(link.received for link in self.links.values())

    @property
    def present(self) -> list[int]:
        """The ranks of which answers are expected."""
        return [rank for rank in self.links if rank not in self.silent]

    def discard(self) -> None:
        """Throw away what has come and was not taken, so that nothing of earlier steps is left."""
        for rank in list(self.links):
            for _ in range(MOST_OLD):
                if rank not in self.links or not self._inboxes[rank].ready():
                    break
                self._taken(rank)

    @property
    def unhurried(self) -> Pace:
        """Waits to the deadline."""
        return Pace(self.clock(), self.deadline)

    def hush(self, ranks: Collection[int], what: Kind, pace: Pace) -> None:
        """Expect nothing more in this step of ranks for which this has been waited in vain."""
        waited = pace.waited_for(ranks, self.clock())
        for rank in ranks:
            self.silent[rank] = f"was late at {what.name}" if rank in waited else UNAWAITED
            log.warning("rank %d %s; the step goes on without it", rank, self.silent[rank])

    def send(self, messages: Mapping[int, Message]) -> None:
        """Send to each rank that is there."""
        for rank, message in messages.items():
            self.post(rank, message)

    def post(self, rank: int, message: Message) -> None:
        """Send to one rank, if it is there."""
        if rank in self._writers:
            self._writers[rank].put(message)
        elif rank in self.links:
            try:
                self.links[rank].send(message, self.deadline)
            except LinkError as error:
                self.drop(rank, str(error))

    def gather(
        self, wanted: Message, sizes: Mapping[int, int], pace: Pace | None = None,
        uneven: float = 1.0,
    ) -> dict[int, Tensor | None]:  # fmt: skip
        """The payloads of the messages labelled like `wanted`, of exactly sizes[rank] bytes.

        Ranks that are late are silent from then on, and left out; those that answer something else
        are lost. Messages of earlier steps or pulls are thrown away.

        pace: Pace. How long they are waited for; None: the deadline.
        uneven: float. How much longer than the others one may need.
        """
        answers, pace = Gathering(self, wanted, sizes, uneven), pace or self.unhurried
        pace.wait(answers, self.clock)
        self.hush(answers.missing(), wanted.kind, pace)
        return answers.payloads

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
        message = self._taken(self._latest)
        return None if message is None else (self._latest, message)

    def _taken(self, rank: int) -> Message | None:
        """The next message of `rank`; None if that was its last: it has left, failed or broken."""
        try:
            message = self._inboxes[rank].get(0.01)
            if message.kind == Kind.LEAVE:
                raise LinkError("left: its training loop has ended")
            if message.kind == Kind.FAILED:
                cause, self.tracebacks[rank] = unpack(message.bytes().tobytes())
                raise LinkError(f"failed: {cause}")
        except LinkError as error:
            self.drop(rank, str(error))
            return None
        self.heard[rank] = message.step
        return message

    def drop(self, rank: int, reason: str) -> None:
        """Close the link to `rank`."""
        if (writer := self._writers.pop(rank, None)) is not None:
            writer.end()
            writer.join(0.1)  # if its error has ended the link, it is about to say so
            reason = reason if writer.error is None else f"{writer.error} while the server sent"
        log.warning("rank %d is lost: it %s", rank, reason)
        link = self.links.pop(rank)
        self._received_from_lost += link.received
        self.lost[rank] = reason
        link.close()

    def stop(self, payload: Tensor | None = None) -> None:
        """Tell the worker ranks to stop, and wait until the links of those that are not silent end.

        payload: uint8 [n] or None. What they are told with it.
        """
        self._part(self.deadline, payload)

    def dismiss(self, seconds: float) -> None:
        """Tell the worker ranks to stop, give them `seconds` in all, and close all links."""
        self._part(seconds)
        self.close()

    def _part(self, seconds: float, payload: Tensor | None = None) -> None:
        if self.door is not None:
            self.door.close()
        until = self.clock() + seconds
        self.send(dict.fromkeys(list(self.links), Message(Kind.STOP, payload=payload)))
        for rank in self.present:
            self._inboxes[rank].join(max(until - self.clock(), 0.01))

    def close(self) -> None:
        """Close all links, so that no thread is left behind."""
        for writer in self._writers.values():
            writer.end()
        for rank, link in self.links.items():
            link.close()
            self._inboxes[rank].join(self.deadline)
