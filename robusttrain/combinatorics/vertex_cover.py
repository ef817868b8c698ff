"""Vertex covers of the disagreement graph: who must have lied, whoever the liars are."""

from dataclasses import dataclass

import numpy as np

from robusttrain.combinatorics.effort import COVER, COVER_DEPTH
from robusttrain.combinatorics.matching import (
    Graph,
    Relaxation,
    bits,
    components,
    independent,
    neighbourhoods,
)


@dataclass(frozen=True)
class Forced:
    """The workers that lie in every cover of at most q vertices.

    workers: ascending; empty where there is no such cover.
    feasible: whether there is such a cover; presumed where the search was given up first.
    exact: False if the search was given up: `workers` then holds those proved until then, at
        least all of degree > q.
    """

    workers: list[int]
    feasible: bool = True
    exact: bool = True


def in_every_cover(graph: np.ndarray, budget: int) -> list[int] | None:
    """The workers of `forced`; None where no cover of at most `budget` vertices exists."""
    cover = forced(graph, budget)
    return cover.workers if cover.feasible else None


def forced(graph: np.ndarray, budget: int, effort: int = COVER) -> Forced:
    """The vertices that lie in every vertex cover of at most `budget` vertices.

    A set of liars covers every disagreement: of two workers that differ, one lied. With
    at most q = `budget` liars, a worker in every cover of size <= q is therefore a liar.
    Worker w can be left out of a cover only if the cover holds all neighbours N(w), so

        w in every cover  <=>  |N(w)| > q, or G - w - N(w) has no cover of size <= q - |N(w)|.

    graph: [K, K] bool, symmetric, no loops.
    budget: q >= 0.
    effort: vertices that the search may look at, as `effort.COVER`; then it gives up.

    >>> star = np.zeros((4, 4), dtype=bool)
    >>> star[0, 1:] = star[1:, 0] = True
    >>> forced(star, budget=2).workers  # worker 0 differs from three: not all three can be liars
    [0]
    """
    search = CoverSearch(neighbourhoods(graph), effort)
    alive = (1 << len(graph)) - 1
    guilty, alive, budget = search.forced_by_degree(alive, budget)
    if budget < 0:
        return Forced([], feasible=False)
    try:
        cover = search.cover(alive, budget)
        if cover is None:
            return Forced([], feasible=False)
        # A worker in every cover is in each one found: only members of all of them are asked.
        suspects = cover
        while suspects := suspects & alive:
            w = suspects & -suspects
            neighbours = search.graph[w.bit_length() - 1] & alive
            cover = search.cover(alive & ~neighbours & ~w, budget - neighbours.bit_count())
            if cover is not None:
                suspects &= neighbours | cover
                continue
            # w is in every cover: those of G are w and a cover of G - w within q - 1.
            by_degree, alive, budget = search.forced_by_degree(alive & ~w, budget - 1)
            guilty |= w | by_degree
    except Exhausted:
        return Forced(bits(guilty), exact=False)
    return Forced(bits(guilty))


class Exhausted(Exception):
    """The search has looked at as many vertices, or gone as deep, as it may."""


class CoverSearch:
    """Vertex covers of induced subgraphs, by reduction to a kernel and branching.

    Source of the rules: Cygan and others, Parameterized Algorithms (2015), chapters 2 and 3.
    """

    def __init__(self, graph: Graph, effort: int) -> None:
        self.graph = graph
        self.effort = effort
        self.depth = 0
        self.relaxation = Relaxation(graph)
        self.minima: dict[int, tuple[int, int | None]] = {}

    def forced_by_degree(self, alive: int, budget: int) -> tuple[int, int, int]:
        """(taken, alive, budget) after taking whoever has more than `budget` neighbours.

        No cover within the budget can hold all of those neighbours instead. A negative
        budget: there is no cover. Isolated vertices are dropped.
        """
        taken, again = 0, True
        while again:
            again = False
            for v in bits(alive):
                degree = (self.graph[v] & alive).bit_count()
                if degree > budget:
                    taken, alive, budget = taken | 1 << v, alive ^ 1 << v, budget - 1
                    if budget < 0:
                        return taken, alive, budget
                    again = True
                elif degree == 0:
                    alive ^= 1 << v
        return taken, alive, budget

    def cover(self, alive: int, budget: int) -> int | None:
        """A cover of at most `budget` vertices, None if there is none; any will do."""
        if budget < 0:
            return None
        self.effort -= alive.bit_count()
        self.depth += 1
        if self.effort < 0 or self.depth > COVER_DEPTH:
            raise Exhausted
        taken, alive, budget = self.forced_by_degree(alive, budget)
        rest = self.parts(alive, budget) if budget >= 0 else None
        self.depth -= 1
        return None if rest is None else taken | rest

    def parts(self, alive: int, budget: int) -> int | None:
        """A cover, component by component: minimum ones, and of the largest whatever is left."""
        parts = sorted(components(self.graph, alive), key=lambda part: part[0].bit_count())
        if not parts:
            return 0
        taken = 0
        # The size of a cover is the sum over components, so smallest ones leave most to the last.
        for part, even in parts[:-1]:
            smallest = self.minimum(part, even, budget)
            if smallest is None:
                return None
            taken, budget = taken | smallest, budget - smallest.bit_count()
        last = self.connected(*parts[-1], budget)
        return None if last is None else taken | last

    def minimum(self, part: int, even: int, budget: int) -> int | None:
        """A minimum cover of a component, None if it has more than `budget` vertices."""
        size, cover = self.minima.get(part, (1, None))
        while cover is None and size <= budget:
            cover = self.connected(part, even, size)
            if cover is None:
                size += 1
        self.minima[part] = size, cover
        return cover if size <= budget else None

    def connected(self, part: int, even: int, budget: int) -> int | None:
        """A cover of a component with at most `budget` vertices, None if there is none."""
        # linear programming optimum <= smallest cover: above the budget there is none.
        relaxed = self.relaxation.solve(part, budget)
        if relaxed is None:
            return None
        left, right = relaxed
        # Bipartite: the optimum is attained by a cover, the sides' copies of the double cover.
        if independent(self.graph, even) and independent(self.graph, part & ~even):
            return left & even | right & ~even
        # Some smallest cover holds all x = 1 and no x = 0: only the halves are open.
        ones, halves = left & right, left ^ right
        if halves != part:
            return self.after(ones, halves, budget)
        # A cover holds v, or else all neighbours of v.
        v = max(bits(part), key=lambda v: (self.graph[v] & part).bit_count())
        neighbours, rest = self.graph[v] & part, part & ~(1 << v)
        cover = self.after(1 << v, rest, budget)
        if cover is None:
            cover = self.after(neighbours, rest & ~neighbours, budget)
        return cover

    def after(self, taken: int, rest: int, budget: int) -> int | None:
        """`taken` and a cover of `rest`, with at most `budget` vertices together."""
        cover = self.cover(rest, budget - taken.bit_count())
        return None if cover is None else taken | cover
