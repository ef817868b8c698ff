"""The Gram matrix of a block in one pass over main memory.

A tile of [n, b] that the first cache holds is centred, and its rows are multiplied three by
three, so that every value that is loaded is used three times. Needs Numba, so it is imported
where it is used.
"""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from robusttrain.ops.blocks import across
from robusttrain.ops.kernels.jit import compiled, flat

TILE = 2**15  # bytes
ABREAST = 3


def gram(block: Tensor, extra: Callable[[int, int], Tensor], centre: int) -> Tensor:
    """(V - c)(V - c)^T [m, m] float64 of V [m, b], `block` with the rows extra(lo, hi) below.

    c is row `centre` of the block. Products of single and half precision are formed in single,
    a tile at a time, and the tiles summed in double.
    """
    n = len(block)
    side = n + len(extra(0, 0))
    padded = -(-side // ABREAST) * ABREAST
    width = max(64, TILE // (padded * max(4, block.element_size())) // 64 * 64)

    def work(lo: int, hi: int) -> np.ndarray:
        piece = block[:, lo:hi]
        rows, stride = flat(piece)
        more, more_stride = flat(extra(lo, hi).to(piece.dtype))
        tile, total = np.zeros((padded, width), rows.dtype), np.zeros((padded, padded))
        _accumulate(rows, stride, n, more, more_stride, side, hi - lo, centre, tile, total)
        return total

    total = sum(across(block, work), np.zeros((padded, padded)))[:side, :side]
    return torch.from_numpy(np.triu(total) + np.triu(total, 1).T)


@compiled(fastmath={"reassoc", "contract"})
def _accumulate(
    rows: np.ndarray,
    stride: int,
    n: int,
    more: np.ndarray,
    more_stride: int,
    side: int,
    columns: int,
    centre: int,
    tile: np.ndarray,
    total: np.ndarray,
) -> None:
    padded, width = tile.shape
    middle = np.zeros(width, tile.dtype)
    zero = tile.dtype.type(0)
    for start in range(0, columns, width):
        inside = min(width, columns - start)
        tile[:, inside:] = 0
        middle[:inside] = rows[centre * stride + start : centre * stride + start + inside]
        for i in range(side):
            row = tile[i]
            place = i * stride + start if i < n else (i - n) * more_stride + start
            source = (rows if i < n else more)[place : place + inside]
            for c in range(inside):
                row[c] = source[c] - middle[c]
        for i in range(0, padded, 3):
            a0, a1, a2 = tile[i], tile[i + 1], tile[i + 2]
            for j in range(i, padded, 3):
                b0, b1, b2 = tile[j], tile[j + 1], tile[j + 2]
                s00 = s01 = s02 = s10 = s11 = s12 = s20 = s21 = s22 = zero
                for c in range(width):
                    x0, x1, x2, y0, y1, y2 = a0[c], a1[c], a2[c], b0[c], b1[c], b2[c]
                    s00 += x0 * y0
                    s01 += x0 * y1
                    s02 += x0 * y2
                    s10 += x1 * y0
                    s11 += x1 * y1
                    s12 += x1 * y2
                    s20 += x2 * y0
                    s21 += x2 * y1
                    s22 += x2 * y2
                total[i, j] += s00
                total[i, j + 1] += s01
                total[i, j + 2] += s02
                total[i + 1, j] += s10
                total[i + 1, j + 1] += s11
                total[i + 1, j + 2] += s12
                total[i + 2, j] += s20
                total[i + 2, j + 1] += s21
                total[i + 2, j + 2] += s22
