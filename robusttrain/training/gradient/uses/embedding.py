"""Rows of a table, looked up by their numbers."""

import torch
from torch import Tensor
from torch.nn import functional

from robusttrain.training.gradient.uses.base import Bound, Use


class Embedding(Use):
    """y_i = W[x_i]: row v of the gradient of task t is the sum of its g_i where x_i = v."""

    functions = (functional.embedding,)

    def bind(
        self,
        input: Tensor,
        weight: Tensor,
        padding_idx: int | None = None,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        sparse: bool = False,
    ) -> Bound | str:
        if max_norm is not None or scale_grad_by_freq or sparse:
            return "max_norm, scale_grad_by_freq and sparse are not followed"
        rows, width = weight.shape
        ignored = None if padding_idx is None else padding_idx % rows

        def of_weight(x: Tensor, g: Tensor) -> Tensor:
            tasks = torch.arange(len(x), device=x.device).reshape(-1, *[1] * (x.ndim - 1))
            sums = g.new_zeros(len(x) * rows, width)
            sums.index_add_(0, (x + rows * tasks).flatten(), g.reshape(-1, width))
            sums = sums.reshape(len(x), rows, width)
            if ignored is not None:
                sums[:, ignored] = 0
            return sums

        return Bound(input, ((weight, of_weight),))
