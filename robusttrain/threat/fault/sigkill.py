"""The rank is killed by SIGKILL."""

from dataclasses import dataclass
from typing import ClassVar

from robusttrain.comm.link import Message
from robusttrain.threat.fault.base import Fault, Hit


@dataclass(frozen=True)
class Sigkill(Fault):
    """The rank is killed before it sends the message, or acts on it; all its workers are gone."""

    source: ClassVar[str] = "Schlichting and Schneider, Fail-Stop Processors (1983)"

    @property
    def final(self) -> bool:
        return True

    def strike(self, hit: Hit) -> list[Message]:
        hit.process.kill()
        return []
