"""Whether one backward pass over many tasks gives the gradients of each: held to vmap's."""

import copy
from collections.abc import Mapping

import torch
from torch import Tensor, nn

from robusttrain.rng import stream
from robusttrain.training.gradient.batched import Loss, batched
from robusttrain.training.gradient.weights import NotFollowed
from robusttrain.training.trees import Tree, each, same_bits

TOLERANCE = {torch.float64: 1e-8, torch.float32: 1e-3}
MIXED = "a layer mixes samples, or depends on how many there are"


def check_batched(
    model: nn.Module, loss: Loss, named: Mapping[str, Tensor], inputs: Tree, targets: Tree
) -> None:
    """Raise NotFollowed, with the parameter's name, unless `batched` does what vmap(grad) does.

    At perturbed parameters, so that a gradient that is zero at the start counts too, and for the
    chunk as a whole and its first two tasks by themselves; in float64 if the model can, so that a
    contribution that is missing is told from rounding. The bits of a row must not depend on the
    order of the tasks.

    inputs, targets: [n, s, ...], n >= 2. Others: as those of `batched`.
    """
    try:
        moved = perturbed(named)
        compare(model, loss, moved, inputs, targets)
        rows = batched(model, loss, moved, inputs, targets)
        again = batched(model, loss, moved, flipped(inputs), flipped(targets))
    except NotFollowed as error:
        raise refused(str(error)) from error
    except RuntimeError as error:
        if isinstance(error, torch.OutOfMemoryError):
            raise
        raise refused(" ".join(str(error).split())[:200]) from error
    for name, row in rows.items():
        if not same_bits(row, again[name].flip(0)):
            raise refused(f"the bits of parameter {name} depend on the order of the tasks")


def compare(
    model: nn.Module, loss: Loss, named: Mapping[str, Tensor], inputs: Tree, targets: Tree
) -> None:
    """Raise NotFollowed unless the gradients are those of vmap, for two chunks."""
    try:
        wide = copy.deepcopy(model).double()
        many = [each(widened, tree) for tree in (named, inputs, targets)]
        expected = by_vmap(wide, loss, *many)
    except RuntimeError:  # a model that computes in float32 whatever it is given
        wide, many = model, [named, inputs, targets]
        expected = by_vmap(wide, loss, *many)
    values, *data = many
    for width in {len(next(iter(expected.values()))), 2}:
        part = [first(tree, width) for tree in data]
        found = batched(wide, loss, values, *part)
        whole = sum(float(rows.square().sum()) for rows in found.values()) ** 0.5
        for name, rows in found.items():
            limit = TOLERANCE[rows.dtype]
            right = expected[name][:width]
            error = float((rows - right).norm())
            if not error <= limit * (float(right.norm()) + 1e-3 * whole):
                raise NotFollowed(
                    f"the gradient of parameter {name} differs by {error:.1g} from that of vmap, "
                    f"of {float(right.norm()):.1g}: {MIXED}"
                )


def by_vmap(
    model: nn.Module, loss: Loss, named: Mapping[str, Tensor], inputs: Tree, targets: Tree
) -> dict[str, Tensor]:
    """name -> [n, ...], by vmap(grad); it refuses what depends on values or draws at random."""

    def of_task(parameters: Mapping[str, Tensor], one: Tree, target: Tree) -> Tensor:
        return loss(torch.func.functional_call(model, dict(parameters), (one,)), target)

    found: dict[str, Tensor] = torch.func.vmap(torch.func.grad(of_task), in_dims=(None, 0, 0))(
        dict(named), inputs, targets
    )
    return found


def perturbed(named: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The parameters with a fixed noise, a tenth of their own size or of 0.1."""
    draw = stream(0, "batched", "check")
    moved = {}
    for name, value in named.items():
        noise = torch.from_numpy(draw.standard_normal(tuple(value.shape))).to(value)
        moved[name] = value + 0.1 * noise * max(float(value.std(correction=0)), 0.1)
    return moved


def first(tree: Tree, width: int) -> Tree:
    """The first `width` tasks."""
    return each(lambda leaf: leaf[:width], tree)


def widened(leaf: Tensor) -> Tensor:
    return leaf.double() if leaf.is_floating_point() else leaf


def flipped(tree: Tree) -> Tree:
    return each(lambda leaf: leaf.flip(0), tree)


def refused(why: str) -> NotFollowed:
    return NotFollowed(f"objective.vectorize=batched: {why}; use vmap, loop, or auto")
