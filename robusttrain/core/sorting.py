"""Sorting the rows of a block, coordinate by coordinate."""

from functools import cache

import torch
from torch import Tensor

NETWORK_LIMIT = 64


@cache
def sorting_network(n: int) -> tuple[tuple[int, int], ...]:
    """The comparators (i, j), i < j, of Batcher's odd-even merge sort on n wires.

    Applied in order, each putting the smaller value on i, they sort any input; about
    n log2(n)^2 / 4 of them. Source: Batcher, Sorting networks and their applications (1968).
    """
    found = []
    p = 1
    while p < n:
        k = p
        while k >= 1:
            for j in range(k % p, n - k, 2 * k):
                for i in range(j, min(j + k, n - k)):
                    if i // (2 * p) == (i + k) // (2 * p):
                        found.append((i, i + k))
            k //= 2
        p *= 2
    return tuple(found)


def sort_rows(block: Tensor) -> Tensor:
    """[n, b] -> [n, b], each column ascending; `block` is left as it is.

    Up to 64 rows on the CPU go through a sorting network: whole rows are compared at a
    time, which vectorises, where a sort of columns does not.
    """
    if block.device.type != "cpu" or len(block) > NETWORK_LIMIT:
        return block.T.contiguous().sort(dim=1).values.T
    out = block.clone()
    rows, low = list(out), torch.empty_like(out[0])
    for i, j in sorting_network(len(rows)):
        torch.minimum(rows[i], rows[j], out=low)
        torch.maximum(rows[i], rows[j], out=rows[j])
        rows[i].copy_(low)
    return out
