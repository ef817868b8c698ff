"""Struck: a gradient, or a sum of gradients, as faulty hardware computes it."""

from collections.abc import Sequence

import numpy as np
from torch import Tensor

from robusttrain.protocol.recompute import Recompute
from robusttrain.threat.injection import injected
from robusttrain.threat.strike import Strike
from robusttrain.types import Plan


def strike(
    recompute: Recompute,
    parameters: Tensor,
    plan: Plan,
    task: int,
    strikes: Sequence[Strike],
    row: Tensor,
) -> None:
    """Make the true gradient of a task what it is when faults strike it.

    What strikes inside the model makes it be computed anew; then comes what strikes the result.

    recompute: Recompute. Of tasks, or of shares.
    parameters: [D]. At which it is computed.
    plan, task: whose.
    strikes: what strikes it.
    row: [D]. The true gradient, which is changed in place.
    """
    if any(each.phase.inside for each in strikes):
        gradients = recompute.gradients
        with injected(gradients.model, strikes, gradients.together(plan)):
            gradients.rows(parameters, plan, np.array([task]), row[None])
    for each in strikes:
        if not each.phase.inside:
            each.damage(row)
