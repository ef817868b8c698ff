"""Monitor that writes metrics.jsonl: one line per step, one per evaluation, flushed at once."""

import json
from collections.abc import Mapping
from pathlib import Path

from robusttrain.monitor.base import Monitor, Record


class Jsonl(Monitor):
    """Appends each record to a file as one JSON object, with its `kind`: step or evaluation.

    path: of the file, opened at once; closed at the end of the run. OSError: it cannot be.
    """

    def __init__(self, path: Path) -> None:
        self.file = path.open("a", buffering=1)

    def step(self, record: Record) -> None:
        self._write("step", record)

    def evaluation(self, record: Record) -> None:
        self._write("evaluation", record)

    def end(self, summary: Record) -> None:
        self.file.close()

    def state_dict(self) -> dict[str, int]:
        """How long the file is, in bytes."""
        return {"bytes": self.file.tell()}

    def load_state_dict(self, state: Mapping[str, int]) -> None:
        """Cut the file back to a `state_dict`, so that no record is in it twice."""
        self.file.truncate(state["bytes"])

    def _write(self, kind: str, record: Record) -> None:
        self.file.write(json.dumps({"kind": kind, **record}) + "\n")
