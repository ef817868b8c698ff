"""One defence for each membership, made at first use; rules keep their memory across them."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from robusttrain.certificate.scheme import Scheme
from robusttrain.defense.defense import Defense
from robusttrain.defense.pipeline import Pipeline
from robusttrain.defense.streaming.memory import remembering
from robusttrain.membership.planner import Planner


class Defenses:
    """status [K] -> the defence; rule and stages remember across changes of membership.

    make: status [K] -> the defence; ValueError if the survivors cannot be defended.
    start: the one with which all others share what they remember.
    planner: status [K] -> the scheme that the survivors go on with.
    """

    def __init__(
        self, make: Callable[[np.ndarray], Defense], start: Defense, planner: Planner
    ) -> None:
        self.make, self.start, self.planner = make, start, planner
        self.made: dict[bytes, Defense] = {}

    def __call__(self, status: np.ndarray) -> Defense:
        """The defence when `status` [K] says who is a member. Raises ValueError as `make` does."""
        key = status.tobytes()
        if key not in self.made:
            defense, old = self.make(status), self.start.pipeline
            pipeline = Pipeline(
                remembering(defense.pipeline.rule, old.rule),
                tuple(map(remembering, defense.pipeline.stages, old.stages)),
            )
            self.made[key] = replace(defense, pipeline=pipeline)
        return self.made[key]

    def feasible(self, status: np.ndarray) -> Scheme:
        """What the survivors would go on with; ValueError if there is no scheme or defence."""
        self(status)
        return self.planner.scheme(status)
