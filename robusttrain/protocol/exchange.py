"""Exchange: what server and workers say to each other in a step, the server's side."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor

from robusttrain.comm.hub import Hub
from robusttrain.comm.link import Kind, Message
from robusttrain.defense.defense import Defense, Outcome
from robusttrain.protocol.calibration import Calibration
from robusttrain.types import Claims, Plan


@dataclass(frozen=True, eq=False)
class Settled:
    """What an exchange has come to.

    claims: what the workers said of the tasks.
    outcome: verdict, sources and direction.
    not_finite: int. Vectors that came and are not finite.
    changes: list of str. Who is not waited for from now on, for the log.
    """

    claims: Claims
    outcome: Outcome
    not_finite: int = 0
    changes: list[str] = field(default_factory=list)


class Exchange(ABC):
    """From the parameters to the direction of a step.

    calibration: Calibration or None. How far claims about the same sum may be apart; None: not at
        all, or there are no such claims.
    heard: () -> None. Called when all ranks are heard, before what is remembered changes.
    """

    calibration: Calibration | None = None
    heard: Callable[[], None] = staticmethod(lambda: None)

    @property
    def open(self) -> bool:
        """Whether something is outstanding, which `finish` would settle."""
        return False

    def publish(self, hub: Hub, plan: Plan, parameters: Tensor) -> Tensor:
        """Send the parameters [D] to all ranks; returns the copy that some may receive later."""
        sent = parameters.clone()
        message = Message(Kind.PUBLISH, plan.step, payload=sent.view(torch.uint8))
        hub.send(dict.fromkeys(hub.links, message))
        return sent

    def begin(self, plan: Callable[[int, np.ndarray], Plan]) -> dict[int, str]:
        """Called before the first step: worker -> why it is out, from earlier starts.

        plan: step, status [K] -> who computes what.
        """
        return {}

    @abstractmethod
    def settle(
        self, hub: Hub, plan: Plan, defense: Defense, parameters: Tensor,
        rng: np.random.Generator, root: Callable[[], Tensor],
    ) -> Settled:  # fmt: skip
        """Hear the workers, judge them and aggregate; arguments as for `Defense.settle`."""

    def finish(self, hub: Hub, outcome: Outcome) -> Outcome:
        """The outcome of a step with what else would be found out after it; nothing is left open.

        Called after the last step, and after those of which a checkpoint is made.
        """
        return outcome

    def state_dict(self) -> dict[str, Any]:
        """What it remembers where nothing is outstanding, after `finish`."""
        return {}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from a `state_dict`."""
        assert not state, "nothing is remembered"

    def leave(self) -> str:
        """Called where a run ends before its time; returns what a person must know, or nothing."""
        return ""
