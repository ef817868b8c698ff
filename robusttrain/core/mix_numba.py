"""A small matrix times a block, in one pass over main memory.

Needs Numba, so it is imported where it is used.
"""

import numpy as np
import torch
from torch import Tensor

from robusttrain.core.compiled import across, compiled, flat, written

TILE = 2**14  # bytes


def mix(matrix: Tensor, block: Tensor) -> Tensor:
    """M B [m, b] of B's dtype, for M [m, n]; what M has no entry for may hold anything.

    Summed in row order, in single precision at least.
    """
    out = torch.empty(len(matrix), block.shape[1], dtype=block.dtype)
    entries = matrix.double().numpy()
    starts = np.concatenate([[0], np.count_nonzero(entries, axis=1).cumsum()])
    places = np.nonzero(entries)[1]
    width = TILE // (8 if block.dtype == torch.float64 else 4) // max(1, min(len(block), 64))

    def work(lo: int, hi: int) -> None:
        values, stride = flat(block[:, lo:hi])
        weights = entries[entries != 0].astype(values.dtype)
        with written(out[:, lo:hi]) as found:
            _mix(values, stride, starts, places, weights, max(64, width), found)

    across(block.shape[1], work)
    return out


@compiled()
def _mix(
    values: np.ndarray,
    stride: int,
    starts: np.ndarray,
    places: np.ndarray,
    weights: np.ndarray,
    width: int,
    out: np.ndarray,
) -> None:
    rows, columns = out.shape
    for start in range(0, columns, width):
        inside = min(width, columns - start)
        for i in range(rows):
            total = out[i, start : start + inside]
            total[:] = 0
            for k in range(starts[i], starts[i + 1]):
                place, weight = places[k] * stride + start, weights[k]
                source = values[place : place + inside]
                for c in range(inside):
                    total[c] += weight * source[c]
