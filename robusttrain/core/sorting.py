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


@cache
def comparators(n: int, wanted: tuple[int, ...]) -> tuple[tuple[int, int, bool, bool], ...]:
    """(i, j, low, high) of the network, less what no wire in `wanted` depends on.

    low, high: whether the smaller, the larger value is needed by what follows.
    """
    needed, found = set(wanted), []
    for i, j in reversed(sorting_network(n)):
        low, high = i in needed, j in needed
        if low or high:
            needed |= {i, j}
            found.append((i, j, low, high))
    return tuple(reversed(found))


def ranked(block: Tensor, lo: int, hi: int) -> list[Tensor]:
    """Rows lo..hi-1 of the column-wise ascending order of block [n, b]; `block` is left as it is.

    Up to 64 rows on the CPU go through a sorting network: whole rows are compared at a
    time, which vectorises, where a sort of columns does not. The rows share no memory with
    the block or with each other.
    """
    if block.device.type != "cpu" or len(block) > NETWORK_LIMIT:
        return list(block.T.contiguous().sort(dim=1).values.T[lo:hi])
    rows = list(block.clone(memory_format=torch.contiguous_format))
    spare = torch.empty_like(rows[0])
    for i, j, low, high in comparators(len(rows), tuple(range(lo, hi))):
        if low and high:
            torch.minimum(rows[i], rows[j], out=spare)
            torch.maximum(rows[i], rows[j], out=rows[j])
            rows[i], spare = spare, rows[i]
        elif low:
            torch.minimum(rows[i], rows[j], out=rows[i])
        else:
            torch.maximum(rows[i], rows[j], out=rows[j])
    return rows[lo:hi]


def sort_rows(block: Tensor) -> Tensor:
    """[n, b] -> [n, b], each column ascending; `block` is left as it is."""
    return torch.stack(ranked(block, 0, len(block)))


def median_of(rows: list[Tensor]) -> Tensor:
    """The middle of ascending rows; the midpoint of the two middle ones for even n."""
    half = len(rows) // 2
    if len(rows) % 2:
        return rows[half].clone()
    low, high = rows[half - 1], rows[half]
    middle = low.lerp(high, 0.5)
    if not bool(torch.isfinite(middle.sum())):  # their difference may be too large
        return low / 2 + high / 2
    return middle


def mean_of_rows(rows: list[Tensor]) -> Tensor:
    """Their arithmetic mean."""
    total = rows[0].clone()
    for row in rows[1:]:
        total += row
    return total.div_(len(rows))


def nearest_mean(rows: list[Tensor], centre: Tensor, count: int) -> Tensor:
    """Per column, the mean of the `count` of the ascending rows that are nearest to `centre`.

    They are neighbours in the order, a window that slides up while what it gains lies nearer
    than what it loses; on a tie the lower value stays. Values outside are never added.
    """
    window = list(rows[:count])
    for j in range(len(rows) - count):
        low, high = rows[j], rows[j + count]
        nearer = (centre - low) > (high - centre)
        window[j % count] = torch.where(nearer, high, window[j % count])
    return mean_of_rows(window)
