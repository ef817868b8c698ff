"""Checkers: who recomputes whose sum in a probed step."""

from collections.abc import Sequence


def sources_of(order: Sequence[int], checkers: int) -> dict[int, tuple[int, ...]]:
    """Checker -> the workers whose sums it recomputes: those that follow it in a cyclic order.

    Each worker of the order has min(checkers, members - 1) checkers, and checks as many.

    order: the members, in the cyclic order that was drawn.
    checkers: int >= 0. Successors that each checks, if there are so many.

    >>> sources_of([4, 0, 2], 1)
    {4: (0,), 0: (2,), 2: (4,)}
    """
    ahead = range(1, min(checkers, len(order) - 1) + 1)
    return {w: tuple(order[(i + k) % len(order)] for k in ahead) for i, w in enumerate(order)}


def checkers_of(order: Sequence[int], checkers: int) -> dict[int, tuple[int, ...]]:
    """Worker -> the workers that recompute its sum; `sources_of`, the other way about.

    >>> checkers_of([4, 0, 2], 1)
    {2: (0,), 0: (4,), 4: (2,)}
    """
    return sources_of(order[::-1], checkers)
