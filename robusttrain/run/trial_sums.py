"""The trial of sums: whoever computes a share again must find the same bits."""

import torch
from torch import Tensor

from robusttrain.run.trial_layers import in_backward, what_differs
from robusttrain.training.gradient.sums import Sums
from robusttrain.training.trees import same_bits
from robusttrain.types import Plan
from robusttrain.usercode.broken import Broken, described


def check_sums(sums: Sums, plan: Plan, parameters: Tensor) -> None:
    """Raise ValueError, with a layer's name, unless a sum is the same when computed again.

    That of another worker is computed in between. `Broken` where the model or the loss raises.
    """

    def made(worker: int) -> Tensor:
        return sums.sum(parameters, plan, worker, torch.empty_like(parameters))

    source, other = int(plan.teams[0, 0]), int(plan.teams[-1, 0])
    try:
        first, _, again = made(source), made(other), made(source)
    except torch.OutOfMemoryError:
        raise
    except Exception as error:
        raise Broken(f"model: a backward pass raised {described(error)}", error) from error
    if not same_bits(first, again):
        raise ValueError(
            "agreement=probe needs sums that are the same when they are computed again, but "
            f"{what_differs(sums, plan, source, other) or in_backward(sums, first, again)}; "
            "look for draws from global generators, for what is remembered from call to call, and "
            "for kernels that differ from run to run"
        )
