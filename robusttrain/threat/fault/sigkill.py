"""The rank is killed by SIGKILL."""

from dataclasses import dataclass
from typing import ClassVar

from robusttrain.threat.fault.base import Ending, Process


@dataclass(frozen=True)
class Sigkill(Ending):
    """The rank is killed before it sends the message, or acts on it; all its workers are gone."""

    source: ClassVar[str] = "Schlichting and Schneider, Fail-Stop Processors (1983)"

    def end(self, process: Process) -> None:
        process.kill()
