"""The rank takes in nothing any more, with its link open."""

from dataclasses import dataclass
from typing import ClassVar, Literal

from robusttrain.threat.fault.base import Ending, Process


@dataclass(frozen=True)
class RefuseToRead(Ending):
    """The message is not acted on, and nothing after it is read: what the server sends piles up.

    With probes a rank has a thread that reads; it takes in one message more, and ends.
    """

    source: ClassVar[str] = "-"
    fits: ClassVar[Literal["received"]] = "received"

    def end(self, process: Process) -> None:
        process.refuse()
