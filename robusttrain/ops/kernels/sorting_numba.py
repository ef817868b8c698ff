"""Functions of the sorted columns of a block, in one pass over main memory.

A tile of [n, b] that the second cache holds is sorted by the comparators of Batcher's network,
row against row, and reduced: every step is a vector instruction. Needs Numba, so it is imported
where it is used.
"""

from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from robusttrain.ops.blocks import across
from robusttrain.ops.kernels.jit import compiled, flat, written
from robusttrain.ops.kernels.sorting_network import comparators

TILE, WIDTH = 2**19, 128  # bytes and columns, at most: narrower ones cost a third more
LOW, HIGH = 1, 2


def reduce_sorted(block: Tensor, lo: int, hi: int, count: int = 0) -> Tensor:
    """[n, b] -> [b]: the mean c of v_(lo) .. v_(hi-1) per column, v_(0) <= ... <= v_(n-1).

    count > 0: instead the mean of the `count` values nearest to c; of two equally near the
    lower counts. A column in which a value is not finite gives NaN, and so may one whose sum
    overflows. Any strides; compared and summed in float32, float64 in float64. Same dtype as
    the block.
    """
    n, columns = block.shape
    assert 0 <= lo < hi <= n >= count >= 0
    out = torch.empty(columns, dtype=block.dtype)
    pairs = _pairs(n, *((0, n) if count else (lo, hi)))
    width = max(32, min(WIDTH, TILE // (n * max(4, block.element_size())) // 32 * 32))

    def work(start: int, end: int) -> None:
        values, stride = flat(block[:, start:end])
        tile = np.empty((n, width), values.dtype)
        with written(out[None, start:end]) as (means, _):
            _reduce(values, stride, pairs, lo, hi, count, tile, means)

    across(block, work)
    return out


@lru_cache(maxsize=64)  # hostile values that are left out may ask for a network each
def _pairs(n: int, lo: int, hi: int) -> np.ndarray:
    """[k, 3] int: i, j, and which of the two outputs are needed."""
    rows = [(i, j, LOW * low + HIGH * high) for i, j, low, high in comparators(n, lo, hi)]
    return np.array(rows, dtype=np.int64).reshape(-1, 3)


@compiled()
def _reduce(
    values: np.ndarray,
    stride: int,
    pairs: np.ndarray,
    lo: int,
    hi: int,
    count: int,
    tile: np.ndarray,
    out: np.ndarray,
) -> None:
    n, width = tile.shape
    centre = np.empty(width, tile.dtype)
    for start in range(0, len(out), width):
        inside = min(width, len(out) - start)
        total = out[start : start + inside]
        total[:] = 0
        for i in range(n):
            row, source = tile[i], values[i * stride + start : i * stride + start + inside]
            for c in range(inside):
                row[c] = source[c]
                total[c] += source[c] - source[c]  # NaN for a value that is not finite
        for k in range(len(pairs)):
            a, b, needed = tile[pairs[k, 0]], tile[pairs[k, 1]], pairs[k, 2]
            if needed == LOW:
                for c in range(width):
                    a[c] = a[c] if a[c] < b[c] else b[c]
            elif needed == HIGH:
                for c in range(width):
                    b[c] = b[c] if a[c] < b[c] else a[c]
            else:
                for c in range(width):
                    x, y = a[c], b[c]
                    a[c] = x if x < y else y
                    b[c] = y if x < y else x
        if count:
            centre[:] = 0
            _add_mean(tile, lo, hi, centre)
            for j in range(n - count):  # a window of neighbours slides up while it gains
                a, b, row = tile[j], tile[j + count], tile[j % count]
                if j < count:  # the loop below, said so that the compiler sees that row is a
                    for c in range(width):
                        a[c] = b[c] if centre[c] - a[c] > b[c] - centre[c] else a[c]
                else:
                    for c in range(width):
                        row[c] = b[c] if centre[c] - a[c] > b[c] - centre[c] else row[c]
            _add_mean(tile, 0, count, total)
        else:
            _add_mean(tile, lo, hi, total)


@compiled()
def _add_mean(tile: np.ndarray, lo: int, hi: int, total: np.ndarray) -> None:
    for i in range(lo, hi):
        row = tile[i]
        for c in range(len(total)):
            total[c] += row[c]
    size = tile.dtype.type(hi - lo)
    for c in range(len(total)):
        total[c] /= size
