"""Means of buckets of rows, summed as the rows come, in an order that does not depend on when."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor


@dataclass(frozen=True, eq=False)
class Buckets:
    """Which of n rows make each of m vectors.

    of: [n] int. The vector that each row is part of.
    turn: [n] int. How many rows of the same vector are added before it.
    weights: [n] float32. What each row counts.
    vectors: int. m.
    """

    of: np.ndarray
    turn: np.ndarray
    weights: Tensor
    vectors: int

    @classmethod
    def alone(cls, rows: int) -> "Buckets":
        """Each row is a vector."""
        return cls.averaging([np.array([row]) for row in range(rows)], rows)

    @classmethod
    def averaging(cls, parts: Sequence[np.ndarray], rows: int) -> "Buckets":
        """The mean of each part; every row is in one of them, and is added in ascending order.

        >>> made = Buckets.averaging([np.array([3, 0]), np.array([1, 2, 4])], 5)
        >>> made.of.tolist(), made.turn.tolist()
        ([0, 1, 1, 0, 1], [0, 0, 1, 1, 2])
        """
        of, turn = np.empty(rows, dtype=np.int64), np.empty(rows, dtype=np.int64)
        weights = np.empty(rows)
        for vector, part in enumerate(parts):
            of[part], weights[part] = vector, 1.0 / len(part)
            turn[np.sort(part)] = np.arange(len(part))
        return cls(of, turn, torch.from_numpy(weights).float(), len(parts))

    @property
    def mixes(self) -> bool:
        """Whether a vector is of several rows."""
        return self.vectors < len(self.of)


class Means:
    """One block of the vectors, [m, b], while its rows come.

    The rows of a vector are added one after the other in the order of their turns, whoever they
    come from: so the bits are the same for every order of arrival.

    buckets: Buckets.
    columns: int. b.
    device: torch.device. Where the block is.
    """

    def __init__(self, buckets: Buckets, columns: int, device: torch.device) -> None:
        self.buckets = buckets
        self.block = torch.zeros(buckets.vectors, columns, device=device)
        self._next = np.zeros(buckets.vectors, dtype=np.int64)

    def add(self, rows: Tensor, places: np.ndarray) -> int:
        """Add rows in their order, up to the first whose turn it is not; how many were added.

        rows: [k, b], on the device of the block.
        places: [k] int. Which of the n rows they are.
        """
        added = 0
        while run := self._due(places[added:]):
            part = places[added : added + run]
            vectors = torch.from_numpy(self.buckets.of[part]).to(self.block.device)
            some = rows[added : added + run]
            if self.buckets.mixes:
                some = some * self.buckets.weights[part].to(some.device)[:, None]
                self.block.index_add_(0, vectors, some)
            else:
                self.block.index_copy_(0, vectors, some)
            self._next[self.buckets.of[part]] += 1
            added += run
        return added

    def _due(self, places: np.ndarray) -> int:
        """How many rows, from the first on, can be added at once: no two to the same vector."""
        due = self._next[self.buckets.of[places]] == self.buckets.turn[places]
        return len(places) if due.all() else int(due.argmin())
