"""The in-process transport: the server and all worker ranks in one process, on a virtual clock.

`Network` gives the server a `Hub` and each worker rank a `Link`, as process groups do, so that the
same `serve` and `work` run over either. A worker rank runs only while the server waits. The clock
stands still while code runs; it moves when all ranks wait, to the next arrival or deadline. So a
run depends on nothing but its configuration and its schedule: not on threads, not on real time.

What differs from process groups: a send is never late, because what is sent waits at the
receiver without limit; and a rank that ended says why.
"""

import heapq
import logging
import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from itertools import count

import torch

from robusttrain.comm.hub import Hub
from robusttrain.comm.link import HEADER_BYTES, Kind, Link, LinkError, Message
from robusttrain.comm.machine import Machine
from robusttrain.protocol.coroutine import Coroutine
from robusttrain.protocol.schedule import Delivery, Schedule, on_time

log = logging.getLogger(__name__)
STALLED = 600.0


class Ended(Exception):
    """Raised by a worker rank that is to end as a process that is killed does, for this reason."""


class Network:
    """Links between the server, which is the caller, and worker ranks, which are coroutines.

    device: torch.device. Where all ranks compute. Payloads stay where they are.
    schedule: Delivery -> the deliveries that take its place, in order; () loses the message. It
        sees each message once, in the order in which they are sent, and may keep state.
    stalled: float. Real seconds after which a worker rank that neither waits nor ends is an
        error of the whole simulation, a RuntimeError.
    time: float. Virtual seconds since the start.
    """

    def __init__(
        self, device: torch.device, schedule: Schedule = on_time, stalled: float = STALLED
    ) -> None:
        self.device, self.schedule, self.stalled = device, schedule, stalled
        self.time = 0.0
        self._ranks: dict[int, Rank] = {}
        self._sent: deque[Delivery] = deque()
        self._arrivals: list[tuple[float, int, End, Message | LinkError]] = []
        self._order = count()

    def start(self, rank: int, body: Callable[["End"], None]) -> None:
        """Add worker rank `rank`: body(link) runs as soon as the server waits."""
        self._ranks[rank] = Rank(self, rank, body)

    def hub(self, limit: int, deadline: float) -> Hub:
        """The server's end of the links to all ranks that were added; arguments as for `Hub`."""
        ends: dict[int, Link] = {name: rank.server for name, rank in self._ranks.items()}
        hub = Hub(ends, limit, deadline, lambda: self.time, self.run)
        hub.machines = dict.fromkeys(ends, Machine.here(self.device))
        return hub

    def close(self) -> None:
        """Stop all ranks where they wait."""
        for rank in self._ranks.values():
            try:
                rank.coroutine.stop()
            except RuntimeError as error:
                log.warning("%s; its thread is left behind", error)

    def post(self, delivery: Delivery) -> None:
        """Send. The schedule sees it when the sender waits, so that its errors are the caller's."""
        self._sent.append(delivery)

    def run(self, done: Callable[[], bool], seconds: float) -> None:
        """Let worker ranks run and messages arrive until `done`, for at most `seconds`."""
        until = self.time + seconds
        while not done() and self._advance(until):
            pass

    def _advance(self, until: float) -> bool:
        """Let the next thing happen that is due by `until`; False if there is none."""
        while self._sent:
            sent = self._sent.popleft()
            ends_link = isinstance(sent.message, LinkError)
            for delivery in (sent,) if ends_link else self.schedule(sent):
                self._put(delivery)
        woken = min(self._ranks.values(), key=lambda rank: rank.wakes, default=None)
        wakes = math.inf if woken is None else woken.wakes
        arrives = self._arrivals[0][0] if self._arrivals else math.inf
        time = min(wakes, arrives)
        if time > until or time == math.inf:
            assert until < math.inf, "everybody waits without end"
            self.time = until
            return False
        self.time = max(self.time, time)
        if arrives <= wakes:
            _, _, end, item = heapq.heappop(self._arrivals)
            end.arrive(item)
        elif woken is not None:
            woken.resume()
        return True

    def _put(self, delivery: Delivery) -> None:
        """Have it arrive at its time, after all that goes the same way and was put before it."""
        rank = self._ranks[delivery.rank]
        end = rank.server if delivery.up else rank.worker
        end.latest = max(end.latest, delivery.time, self.time)
        heapq.heappush(self._arrivals, (end.latest, next(self._order), end, delivery.message))


class Rank:
    """A worker rank: its coroutine and both ends of its link.

    wakes: float. Virtual time at which it goes on if nothing arrives.
    receiving: bool. Whether it waits for a message, and goes on when one arrives.
    """

    def __init__(self, network: Network, name: int, body: Callable[["End"], None]) -> None:
        self.network, self.name = network, name
        self.server, self.worker = End(self, up=False), End(self, up=True)
        self.coroutine = Coroutine(partial(body, self.worker), f"rank {name}", network.stalled)
        self.wakes, self.receiving = network.time, False

    def wait(self, seconds: float, receiving: bool) -> None:
        """Called by the rank: let others run for `seconds`, or until a message arrives."""
        self.wakes, self.receiving = self.network.time + seconds, receiving
        self.coroutine.pause()

    def resume(self) -> None:
        """Let it run until it waits. If it ends, its link breaks at the server, for that reason."""
        self.wakes, self.receiving = math.inf, False
        self.coroutine.resume()
        if not self.coroutine.ended:
            return
        error, reason = self.coroutine.error, "the rank ended"
        if isinstance(error, LinkError):
            reason = f"the server {error}"
        elif isinstance(error, Ended):
            reason = f"the rank {error}"
        elif error is not None:
            reason = f"{type(error).__name__}: {error}"
            log.warning("rank %d failed", self.name, exc_info=error)
        end = LinkError(f"broke: {reason}")
        self.network.post(Delivery(self.name, True, self.network.time, end))


class End(Link):
    """One end of a link.

    up: bool. Whether this is the worker rank's end, which sends up.
    latest: float. Virtual time at which the last message so far arrives here.
    """

    def __init__(self, rank: Rank, up: bool) -> None:
        self.rank, self.network, self.up = rank, rank.network, up
        self.device, self.received = rank.network.device, 0
        self.latest = 0.0
        self._arrived: deque[Message] = deque()
        self._broken: str | None = None

    def post(self, message: Message) -> None:
        """Send a copy: what the sender does with the payload afterwards does not matter."""
        if self._broken is not None:
            raise LinkError(self._broken)
        if message.payload is not None:
            message = replace(message, payload=message.payload.clone())
        self._post(message)

    def _post(self, message: Message | LinkError) -> None:
        self.network.post(Delivery(self.rank.name, self.up, self.network.time, message))

    def send(self, message: Message, seconds: float) -> None:
        self.post(message)

    def receive(self, limit: int, seconds: float | None = None) -> Message:
        seconds = math.inf if seconds is None else seconds
        try:
            return self.take(limit, seconds)
        except TimeoutError:
            raise LinkError(f"was silent for {seconds:.0f} s") from None

    def take(self, limit: int, seconds: float) -> Message:
        """As `receive`, but raises TimeoutError if nothing arrives."""
        if not self.ready() and self.up:
            self.rank.wait(seconds, receiving=True)
        elif not self.ready():
            self.network.run(self.ready, seconds)
        if not self._arrived:
            raise TimeoutError if self._broken is None else LinkError(self._broken)
        message = self._arrived.popleft()
        long = message.payload is not None and message.payload.numel() != message.size
        if message.kind not in list(Kind) or message.size > limit or long:
            raise LinkError(f"broke the protocol: header {message.header}, limit {limit}")
        return message

    def ready(self) -> bool:
        """Whether there is anything to take, the link's end included."""
        return bool(self._arrived) or self._broken is not None

    def inbox(self, limit: int, arrived: Callable[[], None] = lambda: None) -> "Mailbox":
        return Mailbox(self, limit)

    def sleep(self, seconds: float) -> None:
        """Called by a worker rank: let `seconds` pass on the virtual clock."""
        if seconds > 0:
            self.rank.wait(seconds, receiving=False)

    def close(self) -> None:
        self._arrived.clear()
        self._broken = "broke: it is closed"
        self._post(LinkError("closed the link"))

    def arrive(self, item: Message | LinkError) -> None:
        """Take in what has come; a worker rank that waits for it goes on."""
        if self._broken is not None:
            return
        if isinstance(item, LinkError):
            self._broken = str(item)
        else:
            self.received += HEADER_BYTES + item.size
            self._arrived.append(item)
        if self.up and self.rank.receiving:
            self.rank.resume()


@dataclass(frozen=True, eq=False)
class Mailbox:
    """The server's inbox for one rank; see `Inbox`."""

    end: End
    limit: int

    def get(self, seconds: float) -> Message:
        return self.end.take(self.limit, seconds)

    def ready(self) -> bool:
        return self.end.ready()

    def stop(self) -> None:
        """Nothing: messages wait at the receiver."""

    def join(self, seconds: float) -> None:
        self.end.network.run(lambda: self.end.rank.coroutine.ended, seconds)
