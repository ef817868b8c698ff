"""The rank takes in nothing any more, with its link open."""

from dataclasses import dataclass
from typing import ClassVar, Literal

from robusttrain.comm.link import Message
from robusttrain.threat.fault.base import Fault, Hit


@dataclass(frozen=True)
class RefuseToRead(Fault):
    """The message is not acted on, and nothing after it is read: what the server sends piles up.

    With probes a rank has a thread that reads; it takes in one message more, and ends.
    """

    source: ClassVar[str] = "-"
    fits: ClassVar[Literal["received"]] = "received"

    @property
    def final(self) -> bool:
        return True

    def strike(self, hit: Hit) -> list[Message]:
        hit.process.refuse()
        return []
