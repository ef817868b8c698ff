"""Bit sets of vertices, and the linear programming bound on a vertex cover, by matching.

A set of vertices is a Python integer whose bit v is set iff v belongs to it; a graph is the
list of its neighbourhoods. Both are small and fast for K up to some thousands.
"""

from collections.abc import Iterator

import numpy as np

Graph = list[int]


def neighbourhoods(graph: np.ndarray) -> Graph:
    """The bit sets of the rows of graph [K, K] bool."""
    rows = np.packbits(graph, axis=1, bitorder="little")
    return [int.from_bytes(row.tobytes(), "little") for row in rows]


def bits(mask: int) -> list[int]:
    """The vertices in a bit set, ascending.

    >>> bits(0b10110)
    [1, 2, 4]
    """
    if 32 * mask.bit_count() > mask.bit_length():
        return [v for v, bit in enumerate(reversed(f"{mask:b}")) if bit == "1"]
    vertices = []
    while mask:
        lowest = mask & -mask
        vertices.append(lowest.bit_length() - 1)
        mask ^= lowest
    return vertices


def components(graph: Graph, alive: int) -> Iterator[tuple[int, int]]:
    """The connected components of the graph induced by `alive`, none of one vertex alone.

    Yields (component, even): the vertices at even distance from its lowest vertex.
    """
    while alive:
        part = frontier = alive & -alive
        even, distance = frontier, 0
        while frontier:
            reached = 0
            for v in bits(frontier):
                reached |= graph[v]
            frontier = reached & alive & ~part
            part |= frontier
            distance += 1
            if distance % 2 == 0:
                even |= frontier
        alive &= ~part
        if part & (part - 1):
            yield part, even


def independent(graph: Graph, mask: int) -> bool:
    """Whether no two vertices of `mask` are neighbours."""
    return not any(graph[v] & mask for v in bits(mask))


class Relaxation:
    """min Σ x_v with x_u + x_v >= 1 on every edge and x_v in {0, 1/2, 1}: a bound on covers.

    Equals half a maximum matching of the bipartite double cover, in which every vertex has a
    left and a right copy and each edge uv becomes u-v' and v-u' (König's theorem). By the
    theorem of Nemhauser and Trotter (1975) some minimum cover holds all vertices with x = 1
    and none with x = 0; in a bipartite graph the bound is attained.

    Remembers the last partner of every vertex, from which the next matching starts.
    """

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.partner = [-1] * len(graph)

    def solve(self, alive: int, most: int) -> tuple[int, int] | None:
        """(left, right): 2 x_v = [v in left] + [v in right], over the vertices in `alive`.

        None if the optimum exceeds `most`. Augments along paths, sharing the searched part
        among all roots of a round; the last round finds no path and yields the cover.
        """
        left, right = {}, {}
        free = alive
        for v in bits(alive):
            u = self.partner[v]
            if u >= 0 and free >> u & 1:
                left[v], right[u] = u, v
                free ^= 1 << u
        roots = [v for v in bits(alive) if v not in left]
        while len(left) <= 2 * most:
            rest, unseen, free = self._round(roots, alive, free, left, right)
            if len(rest) == len(roots):
                break
            roots = rest
        for v, u in left.items():
            self.partner[v] = u
        if len(left) > 2 * most:
            return None
        seen = alive & ~unseen
        reached = sum(1 << v for v in roots) | sum(1 << right[u] for u in bits(seen))
        return alive & ~reached, seen

    def _round(
        self, roots: list[int], alive: int, free: int, left: dict[int, int], right: dict[int, int]
    ) -> tuple[list[int], int, int]:
        """One depth-first search from each root; returns the roots left, the unseen, the free."""
        unseen, rest = alive, []
        for root in roots:
            path = [root]
            while path:
                options = self.graph[path[-1]] & unseen
                if not options:
                    path.pop()
                    continue
                chosen = options & free or options
                u = chosen.bit_length() - 1
                unseen ^= 1 << u
                if free >> u & 1:
                    free ^= 1 << u
                    for v in reversed(path):
                        before = left.get(v, -1)
                        left[v], right[u], u = u, v, before
                    break
                path.append(right[u])
            else:
                rest.append(root)
        return rest, unseen, free
