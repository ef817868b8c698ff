"""Row streams: the rows that ranks are asked for, taken in as they come, block after block."""

from collections import deque
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from robusttrain.comm.awaited import unevenness
from robusttrain.comm.hub import Hub
from robusttrain.comm.link import Kind, Message
from robusttrain.comm.pace import Pace
from robusttrain.protocol.means import Buckets, Means
from robusttrain.protocol.parcels import Parcels
from robusttrain.protocol.row_checks import Flaw, RowChecks, stand_ins

AHEAD = 4  # blocks that may be under way, from the one that is waited for on
WINDOW = 4  # parcels that a rank is asked for and that are not summed
UNCHECKED = 2  # parcels of a rank that are summed and whose check may not have ended


@dataclass(eq=False)
class Stream:
    """What one rank sends in a pull, and how far it has come.

    copies: [n, 2] int64. The rows, as (worker, task).
    places: [n] int. Which of all pulled rows they are.
    leaves: [n, blocks, width] uint8. By which they are checked.
    parcels: Parcels. How they come.
    asked, came: int. Parcels.
    waiting: block, rows and their places of each parcel that came and is not summed to its end.
    flaws: block -> what is wrong with the rows of its parcels.
    """

    copies: np.ndarray
    places: np.ndarray
    leaves: np.ndarray
    parcels: Parcels
    asked: int = 0
    came: int = 0
    waiting: deque[tuple[int, Tensor, np.ndarray]] = field(default_factory=deque)
    flaws: dict[int, list[Future[list[Flaw]]]] = field(default_factory=dict)
    _added: int = 0
    _running: deque[Future[list[Flaw]]] = field(default_factory=deque)

    def take(self, rows: Tensor, checks: RowChecks, device: torch.device) -> None:
        """Take in the rows [k, b] of the next parcel, and begin to check them."""
        block, lo, hi = self.parcels[self.came]
        self.came += 1
        check = checks.begin(rows, self.leaves[lo:hi, block])
        self.flaws.setdefault(block, []).append(check)
        self._running.append(check)
        self.waiting.append((block, rows.to(device), self.places[lo:hi]))

    def add(self, means: Mapping[int, Means]) -> bool:
        """Add what is in turn to the means of its block; whether there was any."""
        before = self._added
        while self.waiting:
            block, rows, places = self.waiting.popleft()
            added = means[block].add(rows, places)
            self._added += added
            if added < len(rows):
                self.waiting.appendleft((block, rows[added:], places[added:]))
                break
        return self._added > before

    def next(self, end: int) -> list[int]:
        """The parcels of blocks before `end` to ask for now; waits for checks that are behind."""
        while len(self._running) > UNCHECKED:
            self._running.popleft().result()
        first = self.asked
        last = min(self.came - len(self.waiting) + WINDOW, self.parcels.after(end - 1))
        self.asked = max(first, last)
        return list(range(first, self.asked))

    def flaws_of(self, block: int) -> list[tuple[int, int, Flaw]]:
        """Worker, task and flaw of each row of a block that came whole, in the order of places."""
        flaws = [flaw for check in self.flaws.pop(block) for flaw in check.result()]
        order = self.places.argsort().tolist()
        return [(*self.copies[row].tolist(), flaws[row]) for row in order]


@dataclass(eq=False)
class Streams:
    """The streams of all ranks in one pull, and the blocks of vectors that become of them.

    A rank is asked for more when a parcel of its own is summed, so none waits for another before
    it is `AHEAD` blocks ahead. What is asked for depends on what came, not on how long checks take.

    hub: Hub. To the ranks.
    label: Message. Of the step and the pull.
    blocks: list of (first, end). Coordinates of each block.
    buckets: Buckets. Which rows make each vector.
    checks: RowChecks. Run beside the transfer.
    device: torch.device. Where blocks are wanted.
    of: rank -> Stream.
    pace: Pace. How long ranks are waited for.
    stand_ins: int. Rows of the first block that stand for a gradient which is not finite.
    """

    hub: Hub
    label: Message
    blocks: list[tuple[int, int]]
    buckets: Buckets
    checks: RowChecks
    device: torch.device
    of: Mapping[int, Stream]
    pace: Pace
    stand_ins: int = field(init=False, default=0)
    _end: int = field(init=False, default=0)
    _means: dict[int, Means] = field(init=False, default_factory=dict)

    def open(self, first: int) -> None:
        """Have blocks from `first` on under way."""
        for block in range(self._end, min(first + AHEAD, len(self.blocks))):
            lo, hi = self.blocks[block]
            self._means[block] = Means(self.buckets, hi - lo, self.device)
            self._end = block + 1
        for rank in self.of:
            self._ask(rank)

    def receive(self, block: int) -> list[int]:
        """Take in what comes until `block` is whole, or it is too late; who is lost, or late."""
        coming = Coming(self, block)
        self.pace.wait(coming, self.hub.clock)
        self.hub.hush(coming.missing(), Kind.ROWS, self.pace)
        behind, present = self.behind(block), self.hub.present
        gone = [rank for rank in behind if rank not in present]
        assert bool(gone) == bool(behind), "the first row that is not summed is always asked for"
        return gone

    def whole(self, block: int) -> Tensor:
        """Hand on a block [m, b] that was received."""
        return self._means.pop(block).block

    def behind(self, block: int) -> list[int]:
        """The ranks whose rows of a block have not all come."""
        return [rank for rank, s in self.of.items() if s.came < s.parcels.after(block)]

    def due(self) -> dict[int, tuple[Message, int]]:
        """What each rank that is there and was asked sends next, and its size."""
        return {
            rank: (self._message(Kind.ROWS, s.came), s.parcels.bytes(s.came))
            for rank, s in self.of.items()
            if s.came < s.asked and rank in self.hub.present
        }

    def _message(self, kind: Kind, index: int) -> Message:
        return Message(kind, self.label.step, self.label.pull, index)

    def take(self, rank: int, payload: Tensor | None) -> None:
        """Take in the next parcel of a rank."""
        stream = self.of[rank]
        block, lo, hi = stream.parcels[stream.came]
        data = torch.empty(0, dtype=torch.uint8) if payload is None else payload
        rows = data.view(torch.float32).view(hi - lo, -1)
        if block == 0:
            self.stand_ins += stand_ins(rows)
        stream.take(rows, self.checks, self.device)
        waited = [other for other, s in self.of.items() if s.waiting]
        while any(s.add(self._means) for s in self.of.values() if s.waiting):
            pass  # what is added may be what others waited for
        for other in waited:
            self._ask(other)

    def _ask(self, rank: int) -> None:
        for index in self.of[rank].next(self._end):
            self.hub.post(rank, self._message(Kind.BLOCK, index))


@dataclass(eq=False)
class Coming:
    """The rows of a block as they come; see `Awaited`. Its members are the ranks asked."""

    streams: Streams
    block: int

    @property
    def members(self) -> int:
        return len(self.streams.of)

    @property
    def uneven(self) -> float:
        """How many more rows the one has to send than the other."""
        return unevenness(len(stream.copies) for stream in self.streams.of.values())

    def missing(self) -> list[int]:
        behind, due = self.streams.behind(self.block), self.streams.due()
        return [rank for rank in behind if rank in due]

    def complete(self) -> int:
        return self.members - len(self.streams.behind(self.block))

    def hear(self, until: float) -> bool:
        arrived = self.streams.hub.arrival(self.streams.due(), until)
        if arrived is not None:
            self.streams.take(*arrived)
        return arrived is not None
