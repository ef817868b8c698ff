"""The rank ends by itself, with exit code 1."""

from dataclasses import dataclass
from typing import ClassVar

from robusttrain.threat.fault.base import Ending, Process


@dataclass(frozen=True)
class Exit(Ending):
    """The rank ends with exit code 1 and tells nobody why; all its workers are gone."""

    source: ClassVar[str] = "Schlichting and Schneider, Fail-Stop Processors (1983)"

    def end(self, process: Process) -> None:
        process.exit()
