"""Intake: the sums of a step as they arrive, part by part, and the claims that come first."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from robusttrain.comm.awaited import unevenness
from robusttrain.comm.hub import Hub
from robusttrain.comm.labels import label
from robusttrain.comm.link import Kind, Message
from robusttrain.redundancy.fingerprint import Fingerprints


@dataclass(eq=False)
class Intake:
    """What has come from whom, in one step.

    step: int.
    rows: worker -> [D], the row of a buffer that its sum goes to; the others' are thrown away.
    blocks: list of (first, end). Coordinates of each block.
    fingerprints: Fingerprints. Accumulate as blocks pass; the place of a sum is its worker.
    hosting: rank -> the workers that it hosts.
    due: checker -> the sources about whose sums it owes claims.
    width: int. Bytes of a claim; zeros stand for none.
    left: worker -> the blocks of its sum that have not come.
    claims: checker -> source -> claim, as far as they came.
    """

    step: int
    rows: Mapping[int, Tensor]
    blocks: Sequence[tuple[int, int]]
    fingerprints: Fingerprints
    hosting: Mapping[int, list[int]]
    due: Mapping[int, Sequence[int]]
    width: int
    left: dict[int, set[int]] = field(init=False)
    claims: dict[int, dict[int, bytes]] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self._ends = {hi: index for index, (_, hi) in enumerate(self.blocks)}
        self.left = {worker: set(range(len(self.blocks))) for worker in self.rows}
        self._owes = {r for r, ws in self.hosting.items() if any(w in self.due for w in ws)}

    def hear(self, hub: Hub, rank: int, message: Message) -> None:
        """Take in a message, if it is of this step."""
        if message.step == self.step and not self.takes(rank, message):
            hub.drop(rank, f"broke the protocol: {label(message)} of {message.size} bytes")
        elif message.step > self.step:
            hub.drop(rank, f"broke the protocol: {label(message)} in step {self.step}")

    @property
    def uneven(self) -> float:
        """How much longer than the others a rank may need because it hosts more workers."""
        asked = self.rows.keys() | self.due.keys()
        return unevenness(sum(w in asked for w in hosted) for hosted in self.hosting.values())

    @property
    def whole(self) -> list[int]:
        """The workers whose sums are whole and that owe no claim, ascending."""
        return [w for w, left in sorted(self.left.items()) if not left and not self.owes(w)]

    @property
    def done(self) -> list[int]:
        """The workers of whom nothing is missing, ascending."""
        asked = sorted(self.left.keys() | self.due.keys())
        return [w for w in asked if not self.left.get(w) and not self.owes(w)]

    def asked(self, rank: int) -> list[int]:
        """The workers of a rank from which something is wanted."""
        return [w for w in self.hosting[rank] if w in self.left or w in self.due]

    def owes(self, worker: int) -> bool:
        """Whether a claim of this worker is missing."""
        return len(self.claims.get(worker, ())) < len(self.due.get(worker, ()))

    def missing(self, ranks: Iterable[int]) -> list[int]:
        """The members of these ranks of whom something that may still come would count."""
        return [
            w
            for rank in ranks
            for w in self.hosting[rank]
            if (rank in self._owes and w in self.due) or (self.left.get(w) and not self.owes(w))
        ]

    def takes(self, rank: int, message: Message) -> bool:
        """Take in a message of this step; False if it is not one that was due."""
        if message.kind == Kind.CLAIMS:
            return self._claims(rank, message)
        if message.kind != Kind.SUM or message.pull not in self.hosting[rank]:
            return False
        return self._sum(message.pull, message.index, message)

    def _claims(self, rank: int, message: Message) -> bool:
        if not self.due:
            return True  # those that were late when nothing was to be left open
        owing = [w for w in self.hosting[rank] if w in self.due]
        said = message.bytes().tobytes()
        if rank not in self._owes or len(said) != self.width * sum(len(self.due[w]) for w in owing):
            return False
        self._owes.discard(rank)
        pairs = [(w, source) for w in owing for source in self.due[w]]
        for i, (worker, source) in enumerate(pairs):
            claim = said[i * self.width : (i + 1) * self.width]
            if any(claim):
                self.claims.setdefault(worker, {})[source] = claim
        return True

    def _sum(self, worker: int, first: int, message: Message) -> bool:
        """Take in the blocks of a sum from `first` on, as many as the message has whole."""
        if message.size % 4 or not 0 <= first < len(self.blocks):
            return False
        lo = self.blocks[first][0]
        last = self._ends.get(lo + message.size // 4, -1)
        if message.payload is None or last < first:
            return False
        if worker not in self.rows:
            return True
        came = range(first, last + 1)
        if not self.left[worker].issuperset(came):
            return False
        self.left[worker].difference_update(came)
        row = self.rows[worker]
        row[lo : self.blocks[last][1]].view(torch.uint8).copy_(message.payload)
        for index in came:
            self.fingerprints.add(worker, index, row[slice(*self.blocks[index])])
        return True
