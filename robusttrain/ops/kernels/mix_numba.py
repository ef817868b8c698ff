"""A small matrix times a block, in one pass over main memory.

Needs Numba, so it is imported where it is used.
"""

import numpy as np
from torch import Tensor

from robusttrain.ops.blocks import across
from robusttrain.ops.kernels.jit import compiled, flat, written

TILE = 2**14  # bytes


def mix(matrix: Tensor, block: Tensor) -> Tensor:
    """M B [m, b] for M [m, n] float64; what M has no entry for may hold anything.

    Summed in row order, in single precision at least.
    """
    out = block.new_empty(len(matrix), block.shape[1])
    entries = matrix.numpy()
    starts = np.concatenate([[0], np.count_nonzero(entries, axis=1).cumsum()])
    places = np.nonzero(entries)[1]
    width = max(64, TILE // (len(block) * max(4, block.element_size())) // 64 * 64)

    def work(lo: int, hi: int) -> None:
        values, stride = flat(block[:, lo:hi])
        weights = entries[entries != 0].astype(values.dtype)
        with written(out[:, lo:hi]) as (sums, apart):
            _mix(values, stride, starts, places, weights, hi - lo, width, sums, apart)

    across(block, work)
    return out


@compiled()
def _mix(
    values: np.ndarray,
    stride: int,
    starts: np.ndarray,
    places: np.ndarray,
    weights: np.ndarray,
    columns: int,
    width: int,
    out: np.ndarray,
    apart: int,
) -> None:
    for start in range(0, columns, width):
        inside = min(width, columns - start)
        for i in range(len(starts) - 1):
            total = out[i * apart + start :][:inside]
            total[:] = 0
            first, end = starts[i], starts[i + 1]
            fours = first + (end - first) // 4 * 4
            for k in range(first, fours, 4):  # a sum is loaded and stored once for four terms
                a = values[places[k] * stride + start :][:inside]
                b = values[places[k + 1] * stride + start :][:inside]
                d = values[places[k + 2] * stride + start :][:inside]
                e = values[places[k + 3] * stride + start :][:inside]
                u, v, w, x = weights[k], weights[k + 1], weights[k + 2], weights[k + 3]
                for c in range(inside):
                    total[c] = total[c] + u * a[c] + v * b[c] + w * d[c] + x * e[c]
            for k in range(fours, end):
                source, weight = values[places[k] * stride + start :][:inside], weights[k]
                for c in range(inside):
                    total[c] += weight * source[c]
