"""The gradients of each task by one backward pass, beside those by vmap, in float64."""

import torch
from torch import Tensor, nn

from robusttrain.training.gradient.batched import batched
from robusttrain.training.gradient.batched_check import by_vmap, perturbed

TASKS, SAMPLES = 4, 3


def squared(outputs: Tensor, targets: Tensor) -> Tensor:
    """A mean over samples whose gradients differ from output to output."""
    flat = outputs.flatten(1)
    return ((flat + targets[:, None]) * flat.cos()).sum(dim=1).mean()


def errors(
    model: nn.Module, shape: tuple[int, ...], tokens: int = 0, dtype: torch.dtype = torch.float64
) -> dict[str, float]:
    """Parameter -> relative error, for random data [n, s, *shape] or numbers below `tokens`."""
    draw = torch.Generator().manual_seed(0)
    model = model.to(dtype)
    named = perturbed({n: p.detach() for n, p in model.named_parameters()})
    size = (TASKS, SAMPLES, *shape)
    inputs = (
        torch.randint(tokens, size, generator=draw)
        if tokens
        else torch.randn(size, generator=draw, dtype=dtype)
    )
    targets = torch.randn(TASKS, SAMPLES, generator=draw, dtype=dtype)
    found = batched(model, squared, named, inputs, targets)
    right = by_vmap(model, squared, named, inputs, targets)
    assert set(found) == set(right)
    return {n: float((found[n] - g).norm() / g.norm().clamp(min=1e-9)) for n, g in right.items()}


def is_exact(model: nn.Module, shape: tuple[int, ...], tokens: int = 0) -> bool:
    return max(errors(model, shape, tokens).values()) < 1e-10
