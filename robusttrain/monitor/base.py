"""Who hears how a run goes."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

Record = dict[str, Any]


class Monitor(ABC):
    """Hears of each step and evaluation, and of the end."""

    @abstractmethod
    def step(self, record: Record) -> None:
        """One finished step."""

    @abstractmethod
    def evaluation(self, record: Record) -> None:
        """One evaluation on the test set; `step` counts the steps done."""

    @abstractmethod
    def end(self, summary: Record) -> None:
        """The run is over, finished or not."""


class FanOut(Monitor):
    """Tells several monitors."""

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
