"""The rank is late."""

from dataclasses import dataclass
from typing import ClassVar

from robusttrain.comm.link import Message
from robusttrain.threat.fault.base import Fault, Hit


@dataclass(frozen=True)
class Slow(Fault):
    """The message is sent, or acted on, `seconds` late: a straggler.

    seconds: 0 < seconds < 1e6 (ValueError).

    A rank answers for all its workers at once, so the other workers of the rank are late too.
    """

    seconds: float = 1.0
    source: ClassVar[str] = "Dean and Barroso, The Tail at Scale (2013)"

    def __post_init__(self) -> None:
        if not 0 < self.seconds < 1e6:
            raise ValueError("seconds must be > 0 and < 1e6; use 1")

    def strike(self, hit: Hit) -> list[Message]:
        hit.process.sleep(self.seconds)
        return [hit.message]
