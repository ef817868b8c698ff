"""Linear layers, and products of data with a matrix of parameters."""

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from robusttrain.training.gradient.uses.base import Bound, Use, flat


class Linear(Use):
    """y = x W^T + b: the gradients of task t are g_t^T x_t and the sum of the rows of g_t."""

    functions = (functional.linear,)

    def bind(self, input: Tensor, weight: Tensor, bias: Tensor | None = None) -> Bound | str:
        def of_weight(x: Tensor, g: Tensor) -> Tensor:
            return flat(g).mT @ flat(x)

        return Bound(input, ((weight, of_weight), (bias, summed)))


class Product(Use):
    """y = x W: the gradient of task t is x_t^T g_t."""

    functions = (torch.matmul, torch.mm, torch.Tensor.matmul, torch.Tensor.mm)

    def bind(self, input: Tensor, other: Tensor, **kwargs: Any) -> Bound | str:
        if other.ndim != 2 or input.ndim < 2 or kwargs:
            return "only data times a matrix of parameters is followed"

        def of_other(x: Tensor, g: Tensor) -> Tensor:
            return flat(x).mT @ flat(g)

        return Bound(input, ((other, of_other),))


class AddedProduct(Use):
    """y = b + x W."""

    functions = (torch.addmm, torch.Tensor.addmm)

    def bind(self, input: Tensor, mat1: Tensor, mat2: Tensor, **kwargs: Any) -> Bound | str:
        if kwargs or input.ndim != 1:
            return "only a vector added to data times a matrix is followed"

        def of_mat2(x: Tensor, g: Tensor) -> Tensor:
            return x.mT @ g

        return Bound(mat1, ((mat2, of_mat2), (input, summed)))


def summed(x: Tensor, g: Tensor) -> Tensor:
    """The gradient of a bias over the last axis."""
    return flat(g).sum(dim=1)
