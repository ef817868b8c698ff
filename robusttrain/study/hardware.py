"""Honest checks: a whole training in which nobody lies, on equal and on mixed hardware.

The shipped protocol runs in this process; every step is probed. What must not happen, however
small the gradients get: a dispute, and a conviction.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from robusttrain.config.compose import compose
from robusttrain.config.recipe import Recipe, recipe
from robusttrain.defense.probe_verdict import Within, judge
from robusttrain.protocol.prober import Prober
from robusttrain.protocol.share_gradients import ShareGradients, as_engine
from robusttrain.protocol.shares import Shares
from robusttrain.protocol.worker import Worker
from robusttrain.redundancy.fingerprint import Fingerprint
from robusttrain.redundancy.fingerprinting import Fingerprinting
from robusttrain.run.sides import answers_of
from robusttrain.run.simulate import simulate
from robusttrain.topology.parameter_server import Step
from robusttrain.training.gradient.double import DoubleSums
from robusttrain.training.gradient.sums import Sums
from robusttrain.types import Plan

SEED = bytes(32)


class OtherKernels(Sums):
    """Sums by other kernels: without oneDNN, as another processor would have."""

    def sum(self, parameters: Tensor, plan: Plan, worker: int, out: Tensor) -> Tensor:
        with torch.backends.mkldnn.flags(enabled=False):
            return super().sum(parameters, plan, worker, out)


class RoundedDouble(Sums):
    """Sums in float64, then rounded."""

    def sum(self, parameters: Tensor, plan: Plan, worker: int, out: Tensor) -> Tensor:
        if not hasattr(self, "double"):
            self.double = DoubleSums.of(self)
        exact = torch.empty_like(out, dtype=torch.float64)
        return out.copy_(self.double.sum(parameters.double(), plan, worker, exact))


CLASSES: tuple[type[Sums], ...] = (Sums, OtherKernels, RoundedDouble)


@dataclass(eq=False)
class Fleet:
    """Ranks of several classes of hardware in turn; looks on while they train."""

    classes: Sequence[type[Sums]]
    sides: list[Prober] = field(default_factory=list)

    def __call__(self, checked: Recipe, worker: Worker) -> Prober:
        side = answers_of(checked, worker)
        kind = self.classes[len(self.sides) % len(self.classes)]
        gradients = side.worker.recompute.gradients
        gradients.__dict__["sums"] = as_engine(kind, gradients)
        self.sides.append(side)
        return side
