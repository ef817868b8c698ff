"""Batcher's sorting network, less what a result does not depend on."""

from functools import lru_cache


@lru_cache(maxsize=8)
def sorting_network(n: int) -> tuple[tuple[int, int], ...]:
    """The comparators (i, j), i < j, of Batcher's odd-even merge sort on n wires.

    Applied in order, each putting the smaller value on i, they sort any input; about
    n log2(n)^2 / 4 of them. Source: Batcher, Sorting networks and their applications (1968).
    """
    pairs = []
    p = 1
    while p < n:
        k = p
        while k >= 1:
            for j in range(k % p, n - k, 2 * k):
                for i in range(j, min(j + k, n - k)):
                    if i // (2 * p) == (i + k) // (2 * p):
                        pairs.append((i, i + k))
            k //= 2
        p *= 2
    return tuple(pairs)


def comparators(n: int, lo: int, hi: int) -> tuple[tuple[int, int, bool, bool], ...]:
    """(i, j, low, high) of the network, less what no wire lo <= i < hi depends on.

    low, high: whether the smaller, the larger value is needed by what follows.
    """
    needed, kept = set(range(lo, hi)), []
    for i, j in reversed(sorting_network(n)):
        low, high = i in needed, j in needed
        if low or high:
            needed |= {i, j}
            kept.append((i, j, low, high))
    return tuple(reversed(kept))
