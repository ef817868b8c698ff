"""Fingerprinting: which kind of fingerprint a run has, made from a seed wherever it is needed."""

import struct
from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field

from torch import Tensor

from robusttrain.redundancy.fingerprint import Exact, Fingerprint, Fingerprints, Product

FACTS = struct.Struct("<?d")


@dataclass(frozen=True, eq=False)
class Fingerprinting:
    """Makes fingerprints of sums, all alike on server, checkers and referee.

    blocks: list of (first, end). Coordinates of each block.
    pool: Executor. Threads that do the work.
    lanes: int. Products with so many vectors; 0: digests.
    """

    blocks: Sequence[tuple[int, int]]
    pool: Executor = field(repr=False)
    lanes: int = 0

    @property
    def width(self) -> int:
        """Bytes of a claim."""
        return 8 * self.lanes or Exact.width

    def begin(self, seed: bytes) -> Fingerprints:
        """Fingerprints to which blocks can be added. seed: of products; digests need none."""
        if self.lanes:
            return Product(self.blocks, self.pool, seed, self.lanes)
        return Exact(self.blocks, self.pool)

    def of(self, vector: Tensor, seed: bytes) -> Fingerprint:
        """The fingerprint of a sum [D]."""
        made = self.begin(seed)
        made.add_sum(0, vector)
        return made.fingerprints()[0]


def packed(made: Fingerprint) -> bytes:
    """A fingerprint in bytes: the claim, and `FACTS.size` more."""
    return made.claim + FACTS.pack(made.finite, made.norm)


def unpacked(data: bytes) -> Fingerprint:
    """The fingerprint that `packed` wrote."""
    return Fingerprint(data[: -FACTS.size], *FACTS.unpack(data[-FACTS.size :]))
