"""Injection: strikes inside a model, on what a module gives or on the gradient of its weights."""

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._pytree import tree_flatten, tree_unflatten

from robusttrain.threat.phases import ACTIVATION
from robusttrain.threat.strike import Strike

log = logging.getLogger(__name__)


class Struck(torch.autograd.Function):
    """Values of which some are wrong; gradients pass through as if they were right.

    values: [t s, ...]. Of s samples of each of t tasks; under vmap [s, ...], of each task.
    tasks: int. t. Only those of the first task are struck.
    """

    @staticmethod
    def forward(values: Tensor, strike: Strike, tasks: int) -> Tensor:
        wrong = values.clone(memory_format=torch.contiguous_format)
        strike.damage_samples(wrong[: len(wrong) // tasks] if wrong.dim() else wrong)
        return wrong

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Tensor) -> None:
        """Nothing is kept."""

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Any:
        return gradients[0], None, None

    @staticmethod
    def vmap(info: Any, in_dims: Any, values: Tensor, strike: Strike, tasks: int) -> Any:
        if in_dims[0] is None:
            return Struck.apply(values, strike, tasks), None
        joined = values.movedim(in_dims[0], 0)
        if joined.dim() == 1:
            return Struck.apply(joined, strike, len(joined)), 0
        wrong = Struck.apply(joined.flatten(0, 1), strike, len(joined))
        return wrong.unflatten(0, joined.shape[:2]), 0


@contextmanager
def injected(model: nn.Module, strikes: Sequence[Strike], tasks: int = 1) -> Iterator[None]:
    """Meanwhile the model's modules give what strikes inside it make of their outputs.

    A strike that does not last strikes the first call of its module; a warning says if there was
    none.

    tasks: int >= 1. How many tasks a module is given together without vmap, the first of which
        is struck.
    """
    inside = [strike for strike in strikes if strike.phase.inside]
    with ExitStack() as stack:
        for strike in inside:
            activation = strike.phase.name == ACTIVATION
            name = strike.module or drawn(model, strike)
            once = Once(strike, tasks)
            module = model.get_submodule(name)
            if activation:
                handle = module.register_forward_hook(once.given)
            else:
                handle = weight_of(module).register_hook(once.gradient)
            stack.callback(handle.remove)
            stack.callback(once.tell, name)
        yield


class Once:
    """What the hook of a strike does: strikes the first call, or each one if it lasts.

    strike: Strike. tasks: int. As `injected` has it.
    calls: int. How often there was something to strike.
    """

    def __init__(self, strike: Strike, tasks: int) -> None:
        self.strike, self.tasks, self.calls = strike, tasks, 0

    def given(self, module: nn.Module, inputs: Any, output: Any) -> Any:
        """The module's output, wrong in its first tensor of floating point numbers."""
        leaves, shape = tree_flatten(output)
        place = next((i for i, leaf in enumerate(leaves) if is_float(leaf)), None)
        if place is None or not self._strikes():
            return output
        leaves[place] = Struck.apply(leaves[place], self.strike, self.tasks)
        return tree_unflatten(leaves, shape)

    def gradient(self, right: Tensor) -> Tensor:
        """A weight's gradient, wrong."""
        if not self._strikes():
            return right
        wrong = right.clone(memory_format=torch.contiguous_format)
        self.strike.damage(wrong)
        return wrong

    def tell(self, name: str) -> None:
        """Warn if the module was not used."""
        if not self.calls:
            log.warning("no fault: module %s is not used, nothing that it could strike", name)

    def _strikes(self) -> bool:
        self.calls += 1
        return self.strike.lasts or self.calls == 1


def is_float(leaf: Any) -> bool:
    return isinstance(leaf, Tensor) and leaf.is_floating_point() and leaf.numel() > 0


def modules_of(model: nn.Module, phase: str) -> list[str]:
    """The names of the modules that a strike in a phase inside the model can have.

    Of an activation: those without parts. Of a weight's gradient: those with a weight of their own.
    """
    fits: Callable[[nn.Module], bool] = has_no_parts if phase == ACTIVATION else has_weight
    return [name for name, module in model.named_modules() if fits(module)]


def has_no_parts(module: nn.Module) -> bool:
    return not any(True for _ in module.children())


def has_weight(module: nn.Module) -> bool:
    return any(p.requires_grad for p in module.parameters(recurse=False))


def weight_of(module: nn.Module) -> nn.Parameter:
    """A module's first trainable parameter of its own."""
    return next(p for p in module.parameters(recurse=False) if p.requires_grad)


def drawn(model: nn.Module, strike: Strike) -> str:
    """One of the modules that the strike can have."""
    names = modules_of(model, strike.phase.name)
    return names[int(strike.rng.integers(len(names)))]
