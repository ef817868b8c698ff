"""An old message is sent again."""

from dataclasses import dataclass
from typing import ClassVar, Literal

from robusttrain.comm.link import Message
from robusttrain.threat.fault.base import Fault, Hit


@dataclass(frozen=True)
class Replay(Fault):
    """The rank's last message of this kind from an earlier step is sent again before the due one.

    Where there is none yet, the one that is due is sent twice.
    """

    source: ClassVar[str] = "Syverson, A Taxonomy of Replay Attacks (1994)"
    fits: ClassVar[Literal["sent"]] = "sent"

    def strike(self, hit: Hit) -> list[Message]:
        return [hit.message if hit.before is None else hit.before, hit.message]
