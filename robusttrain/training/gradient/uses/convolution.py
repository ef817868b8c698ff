"""Convolutions in one and two dimensions."""

import torch
from torch import Tensor
from torch.nn.functional import pad, unfold

from robusttrain.training.gradient.uses.base import Bound, Use

Whole = tuple[int, ...]
Sizes = int | Whole


class Convolution(Use):
    """y = W * x + b, with stride, padding, dilation and groups.

    With the patches P of x, one column for each place of the output: the gradient of task t is
    the sum over its samples of g P^T, for each group.
    """

    functions = (torch.conv1d, torch.conv2d)

    def bind(
        self,
        input: Tensor,
        weight: Tensor,
        bias: Tensor | None = None,
        stride: Sizes = 1,
        padding: Sizes | str = 0,
        dilation: Sizes = 1,
        groups: int = 1,
    ) -> Bound | str:
        count = weight.ndim - 2
        if input.ndim != weight.ndim:
            return "data without an axis of samples is not followed"
        shape = tuple(weight.shape)
        stride, dilation = sizes(stride, count), sizes(dilation, count)
        around = padded(padding, shape[2:], dilation)
        way = by_groups if input.device.type == "cpu" else by_patches

        def of_weight(x: Tensor, g: Tensor) -> Tensor:
            x = pad(x.flatten(0, 1), around).unflatten(0, x.shape[:2])
            return way(x, g, shape, stride, dilation, groups)

        def of_bias(x: Tensor, g: Tensor) -> Tensor:
            return g.flatten(3).sum(dim=(1, 3))

        return Bound(input, ((weight, of_weight), (bias, of_bias)))


def by_groups(
    x: Tensor, g: Tensor, shape: Whole, stride: Whole, dilation: Whole, groups: int
) -> Tensor:
    """Gradients [n, *shape] as those of one convolution whose groups are the tasks' groups.

    x: [n, m, C, ...], padded. g: [n, m, O, ...]. shape: of the weight.
    """
    n, none = len(x), [0] * len(stride)
    weight = g.new_empty(1).expand(n * shape[0], *shape[1:])
    data, given = (rows.transpose(0, 1).flatten(1, 2) for rows in (x, g))
    _, found, _ = torch.ops.aten.convolution_backward(
        given, data, weight, None, stride, none, dilation, False, none, n * groups,
        [False, True, False],
    )  # fmt: skip
    return found.reshape(n, *shape)


def by_patches(
    x: Tensor, g: Tensor, shape: Whole, stride: Whole, dilation: Whole, groups: int
) -> Tensor:
    """The same by one product of matrices for each task and group: faster on a GPU."""
    n, m = x.shape[:2]
    data, kernel = x.flatten(0, 1), shape[2:]
    if len(stride) == 1:
        data = data[:, :, None]
        kernel, dilation, stride = (1, *kernel), (1, *dilation), (1, *stride)
    patches = unfold(data, kernel, dilation=dilation, stride=stride)
    columns = patches.reshape(n, m, groups, -1, patches.shape[-1])
    rows = g.reshape(n, m, groups, shape[0] // groups, -1)
    columns, rows = (t.permute(0, 2, 3, 1, 4).flatten(3) for t in (columns, rows))
    return (rows @ columns.mT).reshape(n, *shape)


def sizes(given: Sizes, count: int) -> tuple[int, ...]:
    """A size for each dimension."""
    given = (given,) if isinstance(given, int) else tuple(given)
    return given * count if len(given) == 1 else given


def padded(padding: Sizes | str, kernel: tuple[int, ...], dilation: tuple[int, ...]) -> list[int]:
    """What `pad` adds for a convolution: before and after each dimension, the last one first.

    >>> padded("same", (4,), (1,))
    [1, 2]
    """
    if padding == "same":
        more = [d * (k - 1) for k, d in zip(kernel, dilation, strict=True)]
    elif padding == "valid":
        more = [0] * len(kernel)
    else:
        assert not isinstance(padding, str)
        more = [2 * size for size in sizes(padding, len(kernel))]
    return [size for total in reversed(more) for size in (total // 2, total - total // 2)]
