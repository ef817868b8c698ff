"""Replay on the same device: each computes its share twice, and compares the bits.

What strikes once strikes one of the two; what lasts strikes both alike, as do parameters that were
wrong when they came.
"""

import numpy as np
import torch
from torch import Tensor

from robusttrain.protocol.recompute import Recompute
from robusttrain.protocol.shares import Shares
from robusttrain.protocol.struck import strike
from robusttrain.threat.fault.base import Damage
from robusttrain.threat.faults import Faults


def computed_twice(
    recompute: Recompute, faults: Faults, plan: Shares, parameters: Tensor, worker: int
) -> tuple[Tensor, Tensor]:
    """The sum [D] of a worker with the faults that strike it in this step, and the same again.

    recompute: Recompute. Of shares. parameters: [D]. As the server has them.
    """
    own = received(faults, plan.step, parameters, worker)
    (share,) = plan.held([worker]).tolist()
    first = recompute.gradients.rows(own, plan, np.array([share]), own.new_empty(1, len(own)))[0]
    again = first.clone()
    strikes = faults.strikes(plan, [worker]).get((worker, share), [])
    strike(recompute, own, plan, share, strikes, first)
    strike(recompute, own, plan, share, faults.lasting(worker, plan.step), again)
    return first, again


def received(faults: Faults, step: int, parameters: Tensor, worker: int) -> Tensor:
    """[D]: the parameters as they lie in the memory of the device."""
    own = parameters.clone()
    for planned in faults.of([worker]):
        if planned.phase.name == "publish" and planned.due(faults.seed, step):
            assert isinstance(planned.fault, Damage), "others change no bytes"
            planned.fault.damage(own.view(torch.uint8), planned.rng(faults.seed, step))
    return own
