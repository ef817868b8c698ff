"""Parameters <-> one flat vector, and the vector cut into blocks."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor, nn

PARCEL = 2**20  # coordinates that are sent together


@dataclass(frozen=True)
class Layout:
    """Where each parameter of a model lies in the flat vector of length D.

    The flat vector is the concatenation of the trainable parameters in the order of
    `named_parameters()`. It is cut into blocks of `block` coordinates; the block is
    the unit of hashing, of transfer and of aggregation.
    """

    names: tuple[str, ...]
    shapes: tuple[torch.Size, ...]
    block: int

    @classmethod
    def of(cls, model: nn.Module, block: int) -> "Layout":
        """The layout of `model`; `block` >= 1 coordinates a block."""
        named = [(n, p.shape) for n, p in model.named_parameters() if p.requires_grad]
        return cls(tuple(n for n, _ in named), tuple(s for _, s in named), block)

    @property
    def sizes(self) -> list[int]:
        return [shape.numel() for shape in self.shapes]

    @property
    def size(self) -> int:
        """D, the number of coordinates."""
        return sum(self.sizes)

    @property
    def blocks(self) -> list[tuple[int, int]]:
        """The half-open ranges [lo, hi) of the blocks, in order."""
        edges = [*range(0, self.size, self.block), self.size]
        return list(pairwise(edges))

    @property
    def parcels(self) -> dict[int, tuple[int, int]]:
        """First block -> coordinates [lo, hi) of the blocks that are sent together, at least one.

        A message of one block costs more than its bytes do.
        """
        blocks, step = self.blocks, max(1, PARCEL // self.block)
        parts = {i: blocks[i : i + step] for i in range(0, len(blocks), step)}
        return {first: (part[0][0], part[-1][1]) for first, part in parts.items()}

    def pack(self, parameters: Mapping[str, Tensor], out: Tensor) -> Tensor:
        """Write a mapping name -> [..., *shape] into out [..., D], and return it."""
        pieces = out.split(self.sizes, dim=-1)
        for name, piece in zip(self.names, pieces, strict=True):
            piece.copy_(parameters[name].reshape(piece.shape))
        return out

    def unflatten(self, flat: Tensor) -> dict[str, Tensor]:
        """Views of the flat vector [D] as a mapping name -> [*shape]."""
        pieces = flat.split(self.sizes)
        return {
            name: piece.view(shape)
            for name, piece, shape in zip(self.names, pieces, self.shapes, strict=True)
        }
