"""Parameters that record the gradients of each task as a model uses them."""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import torch
from torch import Tensor
from torch.utils._pytree import tree_leaves

from robusttrain.training.gradient import uses
from robusttrain.training.gradient.uses.base import Bound, Use
from robusttrain.training.trees import each


class NotFollowed(ValueError):
    """A parameter is used in a way whose gradients for each task are not known."""


class Weight(Tensor):
    """A parameter, or what a model computes from parameters alone.

    value: [*shape]. The same with its history, which ends at the parameters.
    names: of the parameters that it depends on.
    tape: what records its gradients.
    """

    value: Tensor
    names: tuple[str, ...]
    tape: "Tape"

    @classmethod
    def of(cls, value: Tensor, names: tuple[str, ...], tape: "Tape") -> "Weight":
        weight: Weight = torch.Tensor._make_subclass(cls, value.detach())
        weight.value, weight.names, weight.tape = value, names, tape
        return weight

    @classmethod
    def __torch_function__(
        cls, func: Callable[..., Any], types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        """Follow a use of data and parameters; compute what is of parameters alone.

        Raises NotFollowed, with the parameter's name, for a use that is not known.
        """
        kwargs = kwargs or {}
        tensors = [leaf for leaf in tree_leaves((args, kwargs)) if isinstance(leaf, Tensor)]
        weights = [leaf for leaf in tensors if isinstance(leaf, Weight)]
        names = tuple(dict.fromkeys(name for weight in weights for name in weight.names))
        tape = weights[0].tape
        with torch._C.DisableTorchFunctionSubclass():
            if len(weights) == len(tensors):
                with torch.enable_grad():
                    made = func(*each(value_of, args), **each(value_of, kwargs))
                return wrapped(made, names, tape)
            return tape.follow(func, args, kwargs, names)


def value_of(leaf: Tensor) -> Tensor:
    return leaf.value if isinstance(leaf, Weight) else leaf


def wrapped(made: Any, names: tuple[str, ...], tape: "Tape") -> Any:
    """Tensors as `Weight`, anything else, such as a shape, as it is."""
    if isinstance(made, Tensor):
        return Weight.of(made, names, tape)
    many = type(made) in (tuple, list) and any(isinstance(part, Tensor) for part in made)
    return each(lambda part: Weight.of(part, names, tape), made) if many else made


class Tape:
    """Records, for each parameter, the sum over its uses of the gradients of each task.

    parameters: name -> [*shape].
    tasks: int. n; the model is given n s samples, those of a task beside each other.
    samples: int. n s.
    """

    def __init__(self, parameters: Mapping[str, Tensor], tasks: int, samples: int) -> None:
        self.tasks, self.samples = tasks, samples
        self.leaves = {n: p.detach().requires_grad_() for n, p in parameters.items()}
        self.weights = {n: Weight.of(leaf, (n,), self) for n, leaf in self.leaves.items()}
        self.used: dict[int, Weight] = {}
        self.sums: dict[int, Tensor] = {}
        self.anchor = next(iter(self.leaves.values())).new_zeros(()).requires_grad_()

    def follow(
        self, func: Callable[..., Any], args: Any, kwargs: Any, names: tuple[str, ...]
    ) -> Tensor:
        """Call `func`, and have the gradients of its parameters recorded in the backward pass."""
        use = known().get(func)
        name, called = " and ".join(names), getattr(func, "__name__", str(func))
        if use is None:
            raise NotFollowed(f"parameter {name} is used by {called}")
        try:
            bound = use.bind(*args, **kwargs)
        except TypeError as error:
            raise NotFollowed(f"parameter {name} is used by {called}: {error}") from error
        output = func(*each(detached, args), **each(detached, kwargs))
        why = bound if isinstance(bound, str) else self.unfit(bound, output)
        if why or isinstance(bound, str):
            raise NotFollowed(f"parameter {name} is used by {called}: {why}")
        followed: Tensor = _Followed.apply(output, self.anchor, bound.data.detach(), self, bound)
        return followed

    def unfit(self, bound: Bound, output: Tensor) -> str:
        """Why a call cannot be followed; empty if it can be."""
        if isinstance(bound.data, Weight):
            return "parameters stand where data should"
        for rows in (bound.data, output):
            if not rows.ndim or not len(rows) or len(rows) % self.samples:
                return f"its first axis, of {[*rows.shape]}, is not that of {self.samples} samples"
        return ""

    def add(self, data: Tensor, output_gradient: Tensor, bound: Bound) -> None:
        """Add the gradients of one call to those of its parameters."""
        x, g = (rows.unflatten(0, (self.tasks, -1)) for rows in (data, output_gradient))
        for weight, gradient in bound.gradients:
            if isinstance(weight, Weight) and weight.value.requires_grad:
                key = id(weight)
                self.used[key], found = weight, gradient(x, g)
                self.sums[key] = self.sums[key] + found if key in self.sums else found

    def gradients(self) -> dict[str, Tensor]:
        """name -> [n, *shape]: the sums over all uses, those of what was computed from it too."""
        found: dict[str, Tensor] = {}
        own = {id(weight): name for name, weight in self.weights.items()}
        derived = [key for key in self.used if key not in own]
        if derived:
            pulled = torch.autograd.grad(
                [self.used[key].value for key in derived],
                list(self.leaves.values()),
                [self.sums[key] for key in derived],
                allow_unused=True,
                is_grads_batched=True,
            )
            found = {n: g for n, g in zip(self.leaves, pulled, strict=True) if g is not None}
        for key, name in own.items():
            if key in self.sums:
                found[name] = found[name] + self.sums[key] if name in found else self.sums[key]
        for name, leaf in self.leaves.items():
            if name not in found:
                found[name] = leaf.detach().new_zeros(self.tasks, *leaf.shape)
        return found


class _Followed(torch.autograd.Function):
    """The output as it is; its gradient is told to the tape. Data changed in place is an error."""

    @staticmethod
    def forward(
        ctx: Any, output: Tensor, anchor: Tensor, data: Tensor, tape: Tape, bound: Bound
    ) -> Tensor:
        ctx.save_for_backward(data)
        ctx.mark_dirty(output)
        ctx.tape, ctx.bound = tape, bound
        return output

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Any:
        (data,) = ctx.saved_tensors
        with torch.no_grad(), torch._C.DisableTorchFunctionSubclass():
            ctx.tape.add(data, gradients[0], ctx.bound)
        return gradients[0] if ctx.needs_input_grad[0] else None, None, None, None, None


def detached(leaf: Tensor) -> Tensor:
    """A parameter's values without its history, data as it is."""
    return leaf.value.detach() if isinstance(leaf, Weight) else leaf


@cache
def known() -> dict[Callable[..., Any], Use]:
    """Function -> the use it is of, as the files of `uses` say."""
    kinds = [getattr(uses, name) for name in dir(uses) if name[:1].isupper()]
    made = [kind() for kind in kinds if issubclass(kind, Use) and kind is not Use]
    return {function: use for use in made for function in use.functions}
