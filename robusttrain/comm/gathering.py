"""Gathering: one answer of each of several ranks, as they come."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from torch import Tensor

from robusttrain.comm.link import Message


class Arrivals(Protocol):
    """Where answers come in; see `Hub`."""

    @property
    def present(self) -> list[int]: ...

    def arrival(
        self, due: Mapping[int, tuple[Message, int]], until: float
    ) -> tuple[int, Tensor | None] | None: ...


@dataclass(eq=False)
class Gathering:
    """The answers that are labelled like `wanted`; see `Awaited`.

    hub: where they come in.
    sizes: rank -> int. The bytes of each.
    payloads: rank -> uint8 [n] or None, of those that have come.
    uneven: float. How much longer than the others a rank may need.
    """

    hub: Arrivals
    wanted: Message
    sizes: Mapping[int, int]
    uneven: float = 1.0
    payloads: dict[int, Tensor | None] = field(init=False, default_factory=dict)

    @property
    def members(self) -> int:
        return len(self.sizes)

    def missing(self) -> list[int]:
        return [r for r in self.hub.present if r in self.sizes and r not in self.payloads]

    def complete(self) -> int:
        return len(self.payloads)

    def hear(self, until: float) -> bool:
        due = {rank: (self.wanted, self.sizes[rank]) for rank in self.missing()}
        arrived = self.hub.arrival(due, until)
        if arrived is not None:
            rank, self.payloads[rank] = arrived
        return arrived is not None
