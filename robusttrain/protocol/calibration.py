"""Calibration: the tolerance of product claims, from what the server measures at the start."""

from dataclasses import dataclass

import torch
from torch import Tensor

from robusttrain.protocol.shares import shares
from robusttrain.training.gradient.double import DoubleSums
from robusttrain.training.gradient.sums import Sums
from robusttrain.types import Plan

CLASSES = 3e-2  # 12 x 2.5e-3; measured between classes, late in training: at most 2.1e-3
MARGIN = 12  # tolerance over the largest relative difference of honest sums
SHARES = 2


@dataclass(frozen=True)
class Calibration:
    """tolerance: float > 0. c_tau. measured: float or None. From which it was made; None: given."""

    tolerance: float
    measured: float | None = None


def calibrated(sums: Sums, plan: Plan, parameters: Tensor) -> Calibration:
    """c_tau = max(3e-2, 12 d), where d is the largest relative difference that the server finds.

        d = max |S - S64| / |S64|    over the first two shares of `plan`

    S64 is the sum in float64. It tells how far the numbers of this model can be apart at the start;
    3e-2 is what classes of hardware need later on, where gradients are small. No worker is asked.

    parameters: [D].
    Raises ValueError if the model cannot be computed in float64.
    """
    double = DoubleSums.of(sums)
    measured = 0.0
    for worker in shares(plan).holders[:SHARES]:
        found = sums.sum(parameters, plan, worker, torch.empty_like(parameters)).double()
        try:
            true = double.sum(parameters.double(), plan, worker, torch.empty_like(found))
        except torch.OutOfMemoryError:
            raise
        except RuntimeError as error:
            first = str(error).splitlines()[0]
            raise ValueError(
                f"probe.tolerance=auto: the model cannot be computed in float64 to be calibrated "
                f"({first}); set probe.tolerance={CLASSES}"
            ) from error
        length = float(true.norm())
        measured = max(measured, float((found - true).norm()) / length if length else 0.0)
    return Calibration(max(CLASSES, MARGIN * measured), measured)
