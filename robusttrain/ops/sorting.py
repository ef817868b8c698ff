"""Means over the sorted columns of a block."""

import sys
from functools import cache
from importlib.util import find_spec

import numpy as np
import torch
from torch import Tensor

from robusttrain.ops.blocks import LARGE, pieces

ROWS = {"cpu": 4096, "cuda": 64}  # that a kernel takes
SMALL = 2**13  # elements, from which on a kernel that is loaded beats a sort on the CPU
LOOPS = "robusttrain.ops.kernels.sorting_numba"


def sorted_mean(block: Tensor, lo: int, hi: int, count: int = 0) -> Tensor:
    """[n, b] -> [b]: the mean c of v_(lo) .. v_(hi-1) per column, v_(0) <= ... <= v_(n-1).

    count > 0: instead the mean of the `count` values nearest to c; of two equally near the
    lower counts. Any floating dtype, which the result has too; half precision is summed in
    single. A column in which a value is not finite gives NaN, and so may one whose sum
    overflows. `block` is left as it is. The result does not depend on the way that is taken: a
    kernel for up to 64 rows on CUDA, and for 4096 on the CPU in a large block, or in any but a
    tiny one once the kernel is loaded; else a sort.
    """
    device, few = block.device.type, len(block) <= ROWS.get(block.device.type, 0)
    if few and device == "cuda" and _has_triton():
        from robusttrain.ops.kernels import sorting_triton

        return sorting_triton.reduce_sorted(block, lo, hi, count)
    if few and device == "cpu" and _repays(block.numel()):
        from robusttrain.ops.kernels import sorting_numba

        return sorting_numba.reduce_sorted(block, lo, hi, count)
    return torch.cat([_by_sort(piece, lo, hi, count) for piece in pieces(block)])


@cache
def _has_triton() -> bool:
    return find_spec("triton") is not None


def _repays(elements: int) -> bool:
    """Whether the CPU's kernel does, for a block of so many: loading Numba takes a second."""
    return elements >= LARGE or (elements >= SMALL and LOOPS in sys.modules)


def ascending(block: Tensor) -> Tensor:
    """[n, b] single or double -> [n, b], each column sorted, NaN last.

    By NumPy on the CPU: it sorts without the places, ten times as fast.
    """
    columns = block.detach().T.contiguous()
    if columns.device.type == "cpu":
        return torch.from_numpy(np.sort(columns.numpy(), axis=1)).T
    return columns.sort(dim=1).values.T


def _by_sort(piece: Tensor, lo: int, hi: int, count: int) -> Tensor:
    work = piece if piece.dtype == torch.float64 else piece.float()
    rows = list(ascending(work))
    mean = mean_of(rows[lo:hi])
    if count:
        mean = nearest_mean(rows, mean, count)
    return (mean + (work - work).sum(dim=0)).to(piece.dtype)


def mean_of(rows: list[Tensor]) -> Tensor:
    """Their arithmetic mean, summed in their order."""
    total = rows[0].clone()
    for row in rows[1:]:
        total += row
    return total.div_(len(rows))


def nearest_mean(rows: list[Tensor], centre: Tensor, count: int) -> Tensor:
    """Per column, the mean of the `count` of the ascending rows that are nearest to `centre`.

    They are neighbours in the order, a window that slides up while what it gains lies nearer
    than what it loses; on a tie the lower value stays. Values outside are never added.
    """
    window = rows[:count]
    for j in range(len(rows) - count):
        low, high = rows[j], rows[j + count]
        nearer = (centre - low) > (high - centre)
        window[j % count] = torch.where(nearer, high, window[j % count])
    return mean_of(window)
