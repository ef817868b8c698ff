"""Monitors: receive the metrics of each step and evaluation, and the summary."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

Record = dict[str, Any]
SCHEMA = 1  # of the files in a run's folder; a reader refuses those of a later one


class Monitor(ABC):
    """Receives the records of a run, in order. Called by the server alone."""

    @abstractmethod
    def step(self, record: Record) -> None:
        """The metrics of one finished step, as `Scorer.step` returns them."""

    @abstractmethod
    def evaluation(self, record: Record) -> None:
        """The measures of one evaluation on the test set; `step` counts the finished steps."""

    @abstractmethod
    def end(self, summary: Record) -> None:
        """The summary, once, when the run is over; `finished`: whether it came to its end."""


class FanOut(Monitor):
    """Passes every record on to several monitors, in their order."""

    def __init__(self, monitors: Sequence[Monitor]) -> None:
        self.monitors = monitors

    def step(self, record: Record) -> None:
        for monitor in self.monitors:
            monitor.step(record)

    def evaluation(self, record: Record) -> None:
        for monitor in self.monitors:
            monitor.evaluation(record)

    def end(self, summary: Record) -> None:
        for monitor in self.monitors:
            monitor.end(summary)
