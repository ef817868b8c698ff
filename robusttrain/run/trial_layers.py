"""Which layer makes a sum differ when it is computed again."""

import torch
from torch import Tensor

from robusttrain.training.gradient.sums import Sums
from robusttrain.training.purity import label, recorded
from robusttrain.training.trees import picked, same_bits, same_tree
from robusttrain.types import Plan


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
