"""The rank ends by itself, with exit code 1."""

from dataclasses import dataclass
from typing import ClassVar

from robusttrain.comm.link import Message
from robusttrain.threat.fault.base import Fault, Hit


@dataclass(frozen=True)
class Exit(Fault):
    """The rank ends with exit code 1 and tells nobody why; all its workers are gone."""

    source: ClassVar[str] = "Schlichting and Schneider, Fail-Stop Processors (1983)"

    @property
    def final(self) -> bool:
        return True

    def strike(self, hit: Hit) -> list[Message]:
        hit.process.exit()
        return []
