"""Ranks of several classes of hardware in one process: sums that differ as theirs would."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import torch
from torch import Tensor

from robusttrain.config.recipe import Recipe
from robusttrain.protocol.prober import Prober
from robusttrain.protocol.share_gradients import as_engine
from robusttrain.protocol.worker import Worker
from robusttrain.run.sides import answers_of
from robusttrain.training.gradient.double import DoubleSums
from robusttrain.training.gradient.sums import Sums
from robusttrain.types import Plan


class OtherKernels(Sums):
    """Sums by other kernels: without oneDNN, as on another processor."""

    def sum(self, parameters: Tensor, plan: Plan, worker: int, out: Tensor) -> Tensor:
        with torch.backends.mkldnn.flags(enabled=False):
            return super().sum(parameters, plan, worker, out)


class RoundedDouble(Sums):
    """Sums in float64, then rounded: no hardware is further from float32 without being wrong."""

    def sum(self, parameters: Tensor, plan: Plan, worker: int, out: Tensor) -> Tensor:
        exact = torch.empty_like(out, dtype=torch.float64)
        return out.copy_(self._double.sum(parameters.double(), plan, worker, exact))

    @cached_property
    def _double(self) -> DoubleSums:
        return DoubleSums.of(self)


EQUAL: tuple[type[Sums], ...] = (Sums,)
MIXED: tuple[type[Sums], ...] = (Sums, OtherKernels, RoundedDouble)


@dataclass(eq=False)
class Fleet:
    """The `side` of a simulation whose ranks are of these classes in turn.

    classes: kinds of sums. sides: list[Prober]. Of the ranks, as they were made.
    """

    classes: Sequence[type[Sums]]
    sides: list[Prober] = field(default_factory=list)

    def __call__(self, recipe: Recipe, worker: Worker) -> Prober:
        side = answers_of(recipe, worker)
        assert isinstance(side, Prober), "only with probes ranks send sums"
        gradients = side.worker.recompute.gradients
        kind = self.classes[len(self.sides) % len(self.classes)]
        gradients.__dict__["sums"] = as_engine(kind, gradients)
        self.sides.append(side)
        return side
