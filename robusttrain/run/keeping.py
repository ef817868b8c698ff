"""Keeping: makes a run's checkpoints, each after its step."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from robusttrain.protocol.exchange import Exchange
from robusttrain.run.checkpoint import Checkpoints
from robusttrain.run.files import checkpoints
from robusttrain.run.state import Whole


class Keeping:
    """Saves all of a run's state every so many steps, after the last, and where a run is stopped.

    config: with `steps`, and `checkpoint.every` and `.keep`. every: int >= 0; 0: never.
    folder: Path. Of the run.
    whole: Whole. What is saved.
    exchange: Exchange. Where it leaves something open after a step, that state is not saved.
    stopping: () -> whether the run is to stop.
    """

    def __init__(
        self, config: Mapping[str, Any], folder: Path, whole: Whole, exchange: Exchange,
        stopping: Callable[[], bool] = lambda: False,
    ) -> None:  # fmt: skip
        self.every, self.steps = config["checkpoint"]["every"], config["steps"]
        self.folder, self.whole, self.stopping = folder, whole, stopping
        self.checkpoints = Checkpoints(folder, config["checkpoint"]["keep"])
        self._exchange, self._standing = exchange, 0
        exchange.heard = self.changes

    def due(self, step: int) -> bool:
        """Whether the state after this step is saved in any case."""
        done = step + 1
        return self.every > 0 and (done % self.every == 0 or done == self.steps)

    def closes(self, step: int) -> bool:
        """Whether nothing may be left open after this step."""
        return self.due(step) or self.stopping()

    def keep(self, step: int) -> bool:
        """A step is over: save the state, if it is due, or the run is to stop and it can be."""
        self._standing = 0 if self._exchange.open else step + 1
        if not self.due(step) and not (self.stopping() and self._standing):
            return False
        self.checkpoints.save(step + 1, self.whole.state_dict())
        self._standing = 0
        return True

    def changes(self) -> None:
        """From now on the state is no longer that after the last step."""
        self._standing = 0

    def keep_last(self) -> None:
        """A step was broken off: save the state after the one before it, if it is still that."""
        if self._standing and not self._exchange.open:
            self.checkpoints.save(self._standing, self.whole.state_dict())

    def last(self) -> str | None:
        """The newest checkpoint, once it is written; None: there is none."""
        self.checkpoints.wait()
        paths = checkpoints(self.folder)
        return str(paths[0]) if paths else None
