"""Row checks: rows against the digests that were committed to, on threads beside the transfer."""

from collections.abc import Callable
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from enum import IntEnum

import numpy as np
import torch
from torch import Tensor

from robusttrain.ops.host import arriving
from robusttrain.redundancy.agreement.base import Agreement


class Flaw(IntEnum):
    """What is wrong with a row of a block."""

    NONE = 0
    BROKEN = 1  # it breaks its commitment
    INFINITE = 2  # it is as committed, and not finite


@dataclass(frozen=True, eq=False)
class RowChecks:
    """Checks rows of a block, on any device, by the leaves that stand for them.

    agreement: Agreement. Makes the leaves.
    pool: Executor. Threads that do the work; one serves a whole run.

    >>> import torch
    >>> from concurrent.futures import ThreadPoolExecutor
    >>> from robusttrain.redundancy.agreement.none import NoAgreement
    >>> checks = RowChecks(NoAgreement(), ThreadPoolExecutor(1))
    >>> rows = torch.tensor([[1.0, 2.0], [1.0, torch.inf]])
    >>> [flaw.name for flaw in checks.begin(rows, np.empty((2, 0), np.uint8)).result()]
    ['NONE', 'INFINITE']
    """

    agreement: Agreement
    pool: Executor = field(repr=False)

    def begin(self, rows: Tensor, leaves: np.ndarray) -> "Future[list[Flaw]]":
        """Check rows [n, b] against their leaves [n, width]; they must not change meanwhile."""
        return self.pool.submit(self._flaws, arriving(rows), leaves)

    def _flaws(self, arrived: Callable[[], np.ndarray], leaves: np.ndarray) -> list[Flaw]:
        return [self._flaw(row, leaf) for row, leaf in zip(arrived(), leaves, strict=True)]

    def _flaw(self, row: np.ndarray, leaf: np.ndarray) -> Flaw:
        if self.agreement.leaf(memoryview(row.data).cast("B")) != leaf.tobytes():
            return Flaw.BROKEN
        return Flaw.NONE if np.isfinite(row).all() else Flaw.INFINITE


def stand_ins(block: Tensor) -> int:
    """How many rows [n, b] float32 are `NOT_FINITE` everywhere, and not zero of another sign.

    >>> stand_ins(torch.tensor([[-0.0, -0.0], [0.0, 0.0], [-0.0, 0.0]]))
    1
    """
    return int((torch.signbit(block) & (block == 0)).all(dim=1).sum())
