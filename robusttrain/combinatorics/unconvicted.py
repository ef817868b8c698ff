"""Which liars the `cover` detector cannot convict, in polynomial time."""

from collections.abc import Sequence


def unconvicted(neighbours: Sequence[int], budget: int) -> list[bool]:
    """Which of the liars lie outside some vertex cover of at most `budget` workers.

    Liars agree with one another, so the disagreement graph G is bipartite, liars against honest,
    and by König's theorem

        a is unconvicted  <=>  |N(a)| + (largest matching of G - a - N(a)) <= budget.

    The same verdict as `vertex_cover.in_every_cover`.

    neighbours: per liar a, N(a) as a bit set: the honest workers that it visibly differs from.
    budget: the most members that a cover may have, >= 0.

    >>> unconvicted([0b001, 0b111], budget=2)  # no cover of two can hold three in place of liar 1
    [True, False]
    """
    return [_spared(neighbours, a, budget) for a in range(len(neighbours))]


def _spared(neighbours: Sequence[int], a: int, budget: int) -> bool:
    # A cover without a holds all of N(a), and `spare` more.
    spare = budget - neighbours[a].bit_count()
    if spare < 0:
        return False
    others = [n & ~neighbours[a] for i, n in enumerate(neighbours) if i != a]
    others = [n for n in others if n]
    union = 0
    for n in others:
        union |= n
    # matching <= min(side, other side): the matching is computed only if this does not settle it.
    return min(len(others), union.bit_count()) <= spare or _matching(others) <= spare


def _matching(neighbours: Sequence[int]) -> int:
    """The size of a largest matching of a bipartite graph given by its rows as bit sets."""
    owner: dict[int, int] = {}

    def augment(row: int, seen: set[int]) -> bool:
        rest = neighbours[row]
        while rest:
            lowest = rest & -rest
            rest ^= lowest
            if lowest not in seen:
                seen.add(lowest)
                if lowest not in owner or augment(owner[lowest], seen):
                    owner[lowest] = row
                    return True
        return False

    return sum(augment(row, set()) for row in range(len(neighbours)))
