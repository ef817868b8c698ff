"""Keeping: makes a run's checkpoints, each after its step."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from robusttrain.run.checkpoint import Checkpoints
from robusttrain.run.files import checkpoints
from robusttrain.run.state import Whole
from robusttrain.topology.parameter_server import Step


class Keeping:
    """Saves all of a run's state every so many steps, and after the last.

    config: with `steps`, and `checkpoint.every` and `.keep`. every: int >= 0; 0: never.
    folder: Path. Of the run.
    whole: Whole. What is saved.
    """

    def __init__(self, config: Mapping[str, Any], folder: Path, whole: Whole) -> None:
        self.every, self.steps = config["checkpoint"]["every"], config["steps"]
        self.folder, self.whole = folder, whole
        self.checkpoints = Checkpoints(folder, config["checkpoint"]["keep"])

    def due(self, step: int) -> bool:
        """Whether the state after this step is saved."""
        done = step + 1
        return self.every > 0 and (done % self.every == 0 or done == self.steps)

    def last(self) -> str | None:
        """The newest checkpoint, once it is written; None: there is none."""
        self.checkpoints.wait()
        paths = checkpoints(self.folder)
        return str(paths[0]) if paths else None

    def __call__(self, done: Step) -> None:
        """Save it, if it is due."""
        if self.due(done.plan.step):
            self.checkpoints.save(done.plan.step + 1, self.whole.state_dict())
