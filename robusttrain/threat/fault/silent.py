"""The worker says nothing."""

from dataclasses import dataclass
from typing import ClassVar, Literal

import torch

from robusttrain.comm.link import Message
from robusttrain.threat.fault.base import Fault, Hit


@dataclass(frozen=True)
class Silent(Fault):
    """What the worker has to say in this phase is left out; its rank goes on.

    In the tables that a rank sends for all its workers (commitments, claims) its part is zeros,
    which stand for nothing said. Any other message, and a table that says nothing any more, is not
    sent: without probes the rank is then lost at the deadline.
    """

    source: ClassVar[str] = "Lamport, Shostak and Pease, The Byzantine Generals Problem (1982)"
    fits: ClassVar[Literal["sent"]] = "sent"
    span: ClassVar[Literal["phase"]] = "phase"

    def strike(self, hit: Hit) -> list[Message]:
        if not hit.table:
            return []
        left = hit.with_own(torch.zeros_like(hit.own))
        return [left] if left.payload is not None and left.payload.any() else []
