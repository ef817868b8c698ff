"""The gradients of many tasks by one forward and one backward pass over all their samples."""

from collections.abc import Callable, Mapping

import torch
from torch import Tensor, nn
from torch.utils._pytree import tree_leaves

from robusttrain.training.gradient.weights import Tape
from robusttrain.training.trees import Tree, each

Loss = Callable[[Tree, Tree], Tensor]


def batched(
    model: nn.Module, loss: Loss, named: Mapping[str, Tensor], inputs: Tree, targets: Tree
) -> dict[str, Tensor]:
    """name -> [n, *shape]: the gradients of the mean losses of n tasks.

        L = sum over t of l_t;   dL/dy of task t's samples is dl_t/dy, if the model mixes none

    The model is given [n s, ...], all tasks' samples; a parameter's gradients of each task follow
    from what each call that uses it was given and the gradient of what it gave (`uses`), and are
    summed over its calls.

    model: a function of parameters and inputs, of each sample by itself.
    loss: outputs [s, ...], targets [s, ...] -> scalar.
    named: name -> [*shape]. The parameters.
    inputs, targets: [n, s, ...].

    Raises NotFollowed if a parameter is used in another way, RuntimeError if data is changed in
    place after it was used.
    """
    first = next(leaf for leaf in tree_leaves(inputs) if isinstance(leaf, Tensor))
    tasks, samples = first.shape[:2]
    tape = Tape(named, tasks, tasks * samples)
    with torch.enable_grad():
        joined = each(lambda leaf: leaf.flatten(0, 1), inputs)
        outputs = torch.func.functional_call(model, dict(tape.weights), (joined,))
        by_task = each(lambda leaf: leaf.unflatten(0, (tasks, samples)), outputs)
        total = torch.func.vmap(loss)(by_task, targets).sum()
        if total.requires_grad:
            total.backward()
    return tape.gradients()
