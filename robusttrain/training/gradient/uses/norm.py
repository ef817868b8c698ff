"""Normalisation within a sample, with a scale and a shift."""

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from robusttrain.training.gradient.uses.base import Bound, Gradient, Use, shared


class LayerNorm(Use):
    """y = w z + b, z = x normalised over its last axes: gradients are sums of g z and of g."""

    functions = (functional.layer_norm,)

    def bind(
        self,
        input: Tensor,
        normalized_shape: Any,
        weight: Tensor | None = None,
        bias: Tensor | None = None,
        eps: float = 1e-5,
    ) -> Bound | str:
        shape = tuple(normalized_shape)

        def of_weight(x: Tensor, g: Tensor) -> Tensor:
            return shared(g * functional.layer_norm(x, shape, eps=eps), shape)

        def of_bias(x: Tensor, g: Tensor) -> Tensor:
            return shared(g, shape)

        return Bound(input, ((weight, of_weight), (bias, of_bias)))


class RmsNorm(Use):
    """y = w z, z = x over its root mean square over its last axes."""

    functions = (functional.rms_norm, torch.rms_norm)

    def bind(
        self,
        input: Tensor,
        normalized_shape: Any,
        weight: Tensor | None = None,
        eps: float | None = None,
    ) -> Bound | str:
        shape = tuple(normalized_shape)

        def of_weight(x: Tensor, g: Tensor) -> Tensor:
            return shared(g * functional.rms_norm(x, shape, eps=eps), shape)

        return Bound(input, ((weight, of_weight),))


class GroupNorm(Use):
    """y = w z + b for each channel, z = x normalised over groups of channels."""

    functions = (functional.group_norm,)

    def bind(
        self,
        input: Tensor,
        num_groups: int,
        weight: Tensor | None = None,
        bias: Tensor | None = None,
        eps: float = 1e-5,
    ) -> Bound | str:
        def normal(x: Tensor) -> Tensor:
            return functional.group_norm(x.flatten(0, 1), num_groups, eps=eps).reshape(x.shape)

        return Bound(input, by_channel(weight, bias, normal))


class InstanceNorm(Use):
    """y = w z + b for each channel, z = x normalised over each channel."""

    functions = (functional.instance_norm,)

    def bind(
        self,
        input: Tensor,
        running_mean: Tensor | None = None,
        running_var: Tensor | None = None,
        weight: Tensor | None = None,
        bias: Tensor | None = None,
        use_input_stats: bool = True,
        momentum: float = 0.1,
        eps: float = 1e-5,
    ) -> Bound | str:
        if running_mean is not None:
            return "running statistics mix tasks"

        def normal(x: Tensor) -> Tensor:
            return functional.instance_norm(x.flatten(0, 1), eps=eps).reshape(x.shape)

        return Bound(input, by_channel(weight, bias, normal))


def by_channel(
    weight: Tensor | None, bias: Tensor | None, normal: Any
) -> tuple[tuple[Tensor | None, Gradient], ...]:
    """The gradients of a scale and a shift of each channel of x [n, m, C, ...].

    normal: [n, m, C, ...] -> the same, normalised.
    """

    def of_weight(x: Tensor, g: Tensor) -> Tensor:
        return of_bias(x, g * normal(x))

    def of_bias(x: Tensor, g: Tensor) -> Tensor:
        return g.reshape(*g.shape[:3], -1).sum(dim=(1, 3))

    return (weight, of_weight), (bias, of_bias)
