"""Awaited: what is waited for from several members, who may be ranks or workers."""

from collections.abc import Iterable
from typing import Protocol


class Awaited(Protocol):
    """What comes from several members, who may be ranks or workers.

    members: int. Of whom something was asked.
    uneven: float. How much longer than the others one may need, because more is asked of it.
    """

    @property
    def members(self) -> int: ...

    @property
    def uneven(self) -> float: ...

    def missing(self) -> list[int]:
        """Those of whom something is missing that may still come."""

    def complete(self) -> int:
        """How many have sent all of it."""

    def hear(self, until: float) -> bool:
        """Take in the next message, waiting for it until then; whether there was one."""


def unevenness(loads: Iterable[int]) -> float:
    """How much more the most loaded of those with any load has to do than the least.

    >>> unevenness([2, 0, 3]), unevenness([])
    (1.5, 1.0)
    """
    some = [load for load in loads if load]
    return max(some, default=1) / min(some, default=1)
