"""A stopwatch for one block of one rank: wall and CPU time, phases, bytes."""

import time
from typing import Any

from robusttrain.benchmark.phases import Phases


class Stopwatch:
    """Measures what follows the first step of a block."""

    def __init__(self, phases: Phases) -> None:
        self.phases, self.steps, self.measured = phases, list[float](), dict[str, Any]()
        self.begun = False

    def begin(self) -> None:
        self.begun, self.cpu = True, time.process_time()
        self.phases.restart()
        self.steps.clear()

    def end(self) -> None:
        """Keep what was measured."""
        cpu = time.process_time() - self.cpu
        self.measured = {
            "steps": list(self.steps), "cpu": cpu, "phases": self.phases.seconds(),
            "beside": dict(self.phases.beside), "bytes": dict(self.phases.bytes),
        }  # fmt: skip
