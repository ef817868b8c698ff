"""Vertex covers of the disagreement graph: who must have lied, whoever the liars are."""

import numpy as np


def in_every_cover(graph: np.ndarray, budget: int) -> list[int] | None:
    """The vertices that lie in every vertex cover of at most `budget` vertices.

    A set of liars covers every disagreement: of two workers that differ, one lied. With
    at most q = `budget` liars, a worker in every cover of size <= q is therefore a liar.
    Worker w can be left out of a cover only if the cover holds all neighbours N(w), so

        w in every cover  <=>  |N(w)| > q, or G - w - N(w) has no cover of size <= q - |N(w)|.

    graph: [K, K] bool, symmetric, no loops; budget: q >= 0. Returns None where no cover
    of that size exists: more than q workers lied and nothing follows about anyone.
    Exact, by branching on a vertex of highest degree: at most 2^q leaves a question.
    """
    neighbours = [sum(1 << int(v) for v in np.flatnonzero(row)) for row in graph]
    everyone = (1 << len(neighbours)) - 1
    if not _coverable(neighbours, everyone, budget):
        return None

    def forced(w: int) -> bool:
        near = neighbours[w]
        rest = everyone & ~near & ~(1 << w)
        return not _coverable(neighbours, rest, budget - near.bit_count())

    return [w for w, near in enumerate(neighbours) if near and forced(w)]


def _coverable(neighbours: list[int], alive: int, budget: int) -> bool:
    """Whether the graph induced by the bit set `alive` has a cover of at most `budget`."""
    if budget < 0:
        return False
    degrees = [(neighbours[v] & alive).bit_count() for v in _bits(alive)]
    edges, highest = sum(degrees) // 2, max(degrees, default=0)
    if edges == 0:
        return True
    if edges > budget * highest:
        return False
    v = next(v for v in _bits(alive) if (neighbours[v] & alive).bit_count() == highest)
    near = neighbours[v] & alive
    return _coverable(neighbours, alive & ~(1 << v), budget - 1) or (
        highest > 1 and _coverable(neighbours, alive & ~near & ~(1 << v), budget - highest)
    )


def _bits(mask: int) -> list[int]:
    found = []
    while mask:
        low = mask & -mask
        found.append(low.bit_length() - 1)
        mask ^= low
    return found
