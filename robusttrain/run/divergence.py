"""Divergence: steps with gradients or parameters that are not finite, or without an update."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from robusttrain.config.recipe import Recipe
from robusttrain.names import counted
from robusttrain.topology.parameter_server import Step

NUMBERS = (
    "lower optimizer.lr={rate}, look for NaN and Inf in data and loss, or, if liars did it, use "
    "a rule that bounds them"
)
SKIPPED = (
    "see in metrics.jsonl why workers are absent or convicted; assume fewer liars, or choose "
    "another assignment or rule"
)

COUNTED = ("divergent", "skipped", "row", "verdict")


class Diverged(RuntimeError):
    """Too many steps in a row diverged; says which, why, and what to do."""


@dataclass(eq=False)
class Watch:
    """Tells which steps diverge, by what the server sees.

    A step diverges if more of its pulled gradients are not finite than liars could forge, or all
    of them; if it had no update; or if the parameters are not finite after it.

    steps: int >= 1. So many divergent steps in a row are too many, or all of a shorter run.
    action: `stop` or `warn`. What is done then.
    total: int >= 1. Steps of the run; if none has an update, it has diverged whatever `action`.
    forgeable: int >= 0. Gradients of a step that the assumed liars can forge at worst.
    rate: the learning rate that is configured, or None.
    parameters: [D] float32. Those that the server changes in place.
    divergent, skipped: steps so far that diverged, and those without an update.
    row: how many of the last steps diverged, without one between that did not.
    verdict: what to say of them.
    """

    steps: int
    action: str
    total: int
    forgeable: int
    rate: Any
    parameters: Tensor
    divergent: int = field(init=False, default=0)
    skipped: int = field(init=False, default=0)
    row: int = field(init=False, default=0)
    verdict: str = field(init=False, default="")

    @classmethod
    def of(cls, recipe: Recipe, parameters: Tensor) -> "Watch":
        """As the recipe's `divergence` says, on the server's `parameters` [D]."""
        steps, action = (recipe.config["divergence"][key] for key in ("steps", "action"))
        rate, forgeable = recipe.config["optimizer"].get("lr"), recipe.exposure.forged.ceiling
        return cls(steps, action, recipe.steps, forgeable, rate, parameters)

    def step(self, done: Step) -> dict[str, Any]:
        """Add a finished step; returns `divergent` and `warning` for its line of metrics.

        The warning is empty but for the first of a row (a skipped step has a note of its own),
        and for the first that is too many.
        """
        cause, step = self.cause(done), done.plan.step
        skipped = done.outcome.direction is None
        self.skipped += skipped
        self.divergent += bool(cause)
        self.row = self.row + 1 if cause else 0
        if cause:
            remedy = SKIPPED if skipped else NUMBERS.format(rate=self.rate)
            self.verdict = (
                f"{counted(self.row, 'divergent step')} since step {step - self.row + 1}: {cause}; "
                f"{remedy}"
            )
        first = "" if skipped else f"training diverges: {cause}"
        warning = {1: first, self.limit: self.verdict}.get(self.row, "")
        return {"divergent": bool(cause), "warning": warning}

    def state_dict(self) -> dict[str, Any]:
        """What has been counted so far."""
        return {name: getattr(self, name) for name in COUNTED}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from a `state_dict`."""
        for name in COUNTED:
            setattr(self, name, state[name])

    def check(self) -> None:
        """Raise Diverged if the steps so far are too many."""
        if self.action == "stop" and self.row >= self.limit:
            raise Diverged(f"{self.verdict}; divergence.action=warn goes on regardless")
        if self.skipped == self.total:
            raise Diverged(self.verdict)

    @property
    def limit(self) -> int:
        """Divergent steps in a row that are too many."""
        return min(self.steps, self.total)

    def cause(self, done: Step) -> str:
        """Why a step diverged; empty if it did not."""
        rows = len(done.outcome.sources.kept)
        if done.outcome.direction is None:
            return f"no update, {done.outcome.note}"
        if done.not_finite > min(self.forgeable, rows - 1):
            return f"{done.not_finite} of {counted(rows, 'gradient')} not finite"
        if not finite(self.parameters):
            return "parameters not finite"
        return ""


def finite(vector: Tensor) -> bool:
    """Whether all of a vector is finite; in one pass, unless its sum overflows."""
    return bool(torch.isfinite(vector.sum())) or bool(torch.isfinite(vector).all())
