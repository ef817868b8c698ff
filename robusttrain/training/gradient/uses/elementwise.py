"""Parameters that are added to data, or multiply it, element by element."""

from typing import Any

import torch
from torch import Tensor

from robusttrain.training.gradient.uses.base import Bound, Gradient, Use, shared

REFUSED = "only data first, then parameters without an axis of samples, is followed"


class Sum(Use):
    """y = x + w, w broadcast: the gradient is the sum of g over what w was broadcast to."""

    functions = (torch.add, torch.Tensor.add, torch.Tensor.__add__, torch.Tensor.__radd__)

    def bind(self, input: Tensor, other: Tensor, **kwargs: Any) -> Bound | str:
        def own(x: Tensor, g: Tensor) -> Tensor:
            return g

        return REFUSED if kwargs else broadcast(input, other, own)


class Scaled(Use):
    """y = x w, w broadcast: the gradient is the sum of g x over what w was broadcast to."""

    functions = (torch.mul, torch.Tensor.mul, torch.Tensor.__mul__, torch.Tensor.__rmul__)

    def bind(self, input: Tensor, other: Tensor, **kwargs: Any) -> Bound | str:
        def times(x: Tensor, g: Tensor) -> Tensor:
            return g * x

        return REFUSED if kwargs else broadcast(input, other, times)


def broadcast(one: Tensor, other: Tensor, local: Gradient) -> Bound | str:
    """A call of two arguments in any order: the parameter has fewer axes, or a first one of 1.

    local: x, g -> the gradient before the sum.
    """
    swapped = one.ndim < other.ndim or (one.ndim == other.ndim > 0 and len(one) == 1)
    x, w = (other, one) if swapped else (one, other)
    if w.ndim == x.ndim and (not w.ndim or len(w) != 1):
        return REFUSED
    shape = tuple(w.shape)
    inner = shape[1:] if w.ndim == x.ndim else shape

    def of_w(x: Tensor, g: Tensor) -> Tensor:
        return shared(local(x, g), inner).reshape(len(g), *shape)

    return Bound(x, ((w, of_w),))
