"""The trial of sums: whoever computes a share again must find the same bits."""

import torch
from torch import Tensor

from robusttrain.ops.layout import Layout
from robusttrain.training.gradient.sums import Sums
from robusttrain.training.trees import same_bits
from robusttrain.types import Plan
from robusttrain.usercode.broken import Broken, described


def check_sums(sums: Sums, plan: Plan, parameters: Tensor) -> None:
    """Raise ValueError, with a parameter's name, unless a sum is the same when computed again.

    That of another worker is computed in between. `Broken` where the model or the loss raises.
    """

    def made(worker: int) -> Tensor:
        return sums.sum(parameters, plan, worker, torch.empty_like(parameters))

    source, other = plan.teams[0, 0], plan.teams[-1, 0]
    try:
        first, _, again = made(source), made(other), made(source)
    except torch.OutOfMemoryError:
        raise
    except Exception as error:
        raise Broken(f"model: a backward pass raised {described(error)}", error) from error
    if not same_bits(first, again):
        raise ValueError(
            f"agreement=probe needs sums that are the same when they are computed again, but the "
            f"gradient of {differing(sums.layout, first, again)} is not; look for draws from "
            "global generators, layers that remember (BatchNorm), and kernels that differ from "
            "run to run"
        )


def differing(layout: Layout, one: Tensor, other: Tensor) -> str:
    """The name of the first parameter in which two flat vectors [D] differ."""
    names = layout.unflatten(one), layout.unflatten(other)
    return next(name for name in names[0] if not same_bits(names[0][name], names[1][name]))
