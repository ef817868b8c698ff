"""The trial of sums: whoever computes a share again must find the same bits."""

import torch
from torch import Tensor

from robusttrain.training.gradient.sums import Sums
from robusttrain.training.purity import label, recorded
from robusttrain.training.trees import picked, same_bits, same_tree
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


@torch.no_grad()
def what_differs(sums: Sums, plan: Plan, source: int, other: int) -> str:
    """What of a forward pass differs when it is done again after another worker's; "": nothing."""
    keys = [sums.micro_batches(plan, worker)[0] for worker in (source, other, source)]
    first, between, again = (picked(sums.read(*key)[0], 0) for key in keys)
    if not same_tree(first, again):
        return "the inputs of a micro-batch are not, where data or augment makes them"
    outputs, _, repeated = (recorded(sums.model, given)[0] for given in (first, between, again))
    for name, output in outputs.items():
        if not same_tree(output, repeated[name]):
            return f"{layer(sums, name)} gives other outputs for the same inputs"
    return ""


def in_backward(sums: Sums, first: Tensor, again: Tensor) -> str:
    """Where two flat sums [D] differ nearest to the loss, from which gradients come."""
    one, other = sums.layout.unflatten(first), sums.layout.unflatten(again)
    name = [name for name in one if not same_bits(one[name], other[name])][-1]
    place, _, parameter = name.rpartition(".")
    where = f"the gradient of {parameter} in {layer(sums, place)}"
    return f"{where} is not; what comes after it draws or remembers in its backward pass"


def layer(sums: Sums, name: str) -> str:
    """A layer's name and class."""
    return f"{label(name)} ({type(sums.model.get_submodule(name)).__name__})"
