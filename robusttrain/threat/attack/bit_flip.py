"""Sends its true gradient with one bit flipped, as faulty hardware does."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from robusttrain.threat.attack.base import Attack
from robusttrain.threat.knowledge import Knowledge


@dataclass(frozen=True)
class BitFlip(Attack):
    """row = gradient with one bit of one coordinate flipped, both drawn for each step and copy.

    Not collusive: each worker draws its own bit, and none knows of another.
    """

    source: ClassVar[str] = "Dixit et al., Silent Data Corruptions at Scale (2021)"
    collusive: ClassVar[bool] = False

    def forge(self, knowledge: Knowledge) -> Tensor:
        rows = knowledge.honest.clone()
        bits = 8 * rows.element_size()
        words = rows.view(torch.int32 if bits == 32 else torch.int64)
        for row, rng in zip(words, knowledge.streams("bit_flip"), strict=True):
            place, bit = int(rng.integers(len(row))), int(rng.integers(bits))
            row[place] ^= -(1 << bit) if bit == bits - 1 else 1 << bit
        return rows
