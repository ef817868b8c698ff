"""Parcels: the messages that a rank's rows travel in, some rows of one block in each."""

from dataclasses import dataclass
from typing import NamedTuple

from robusttrain.ops.layout import PARCEL


class Parcel(NamedTuple):
    """Rows [lo, hi) of a block."""

    block: int
    lo: int
    hi: int


@dataclass(frozen=True)
class Parcels:
    """How `rows` rows are cut up, block after block; the same at both ends.

    A parcel holds `PARCEL` coordinates of whole rows at most, or one row of a block.

    blocks: list of (first, end). Coordinates of each block; the first is the longest.
    rows: int >= 1.

    >>> parcels = Parcels([(0, 2**19), (2**19, 2**19 + 5)], rows=3)
    >>> [tuple(parcels[index]) for index in range(len(parcels))]
    [(0, 0, 2), (0, 2, 3), (1, 0, 2), (1, 2, 3)]
    >>> parcels.after(0), parcels.bytes(3)
    (2, 20)
    """

    blocks: list[tuple[int, int]]
    rows: int

    @property
    def together(self) -> int:
        """Rows of a parcel."""
        lo, hi = self.blocks[0]
        return min(self.rows, max(1, PARCEL // max(1, hi - lo)))

    def after(self, block: int) -> int:
        """The first parcel after those of `block`."""
        return (block + 1) * -(-self.rows // self.together)

    def bytes(self, index: int) -> int:
        """The length of a parcel's payload."""
        block, first, end = self[index]
        lo, hi = self.blocks[block]
        return 4 * (end - first) * (hi - lo)

    def __len__(self) -> int:
        return self.after(len(self.blocks) - 1)

    def __getitem__(self, index: int) -> Parcel:
        if not 0 <= index < len(self):
            raise IndexError(f"parcel {index} of {len(self)}")
        block, part = divmod(index, self.after(0))
        return Parcel(block, part * self.together, min(self.rows, (part + 1) * self.together))
