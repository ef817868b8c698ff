"""Vertex covers of the disagreement graph: who must have lied, whoever the liars are."""

from dataclasses import dataclass

import numpy as np

from robusttrain.combinatorics.matching import (
    Graph,
    Relaxation,
    bits,
    components,
    independent,
    neighbourhoods,
)

EFFORT = 300_000
DEPTH = 150


@dataclass(frozen=True)
class Forced:
    """The workers that lie in every cover of at most q vertices, ascending.

    feasible: whether there is such a cover; if not, `workers` is empty. exact: False if the
    search was given up: `workers` then holds those proved until then, at least all of
    degree > q, and a cover is presumed to exist unless it was ruled out.
    """

    workers: list[int]
    feasible: bool = True
    exact: bool = True


def in_every_cover(graph: np.ndarray, budget: int) -> list[int] | None:
    """The workers of `forced`; None where no cover of at most `budget` vertices exists."""
    found = forced(graph, budget)
    return found.workers if found.feasible else None


def forced(graph: np.ndarray, budget: int, effort: int = EFFORT) -> Forced:
    """The vertices that lie in every vertex cover of at most `budget` vertices.

    A set of liars covers every disagreement: of two workers that differ, one lied. With
    at most q = `budget` liars, a worker in every cover of size <= q is therefore a liar.
    Worker w can be left out of a cover only if the cover holds all neighbours N(w), so

        w in every cover  <=>  |N(w)| > q, or G - w - N(w) has no cover of size <= q - |N(w)|.

    graph: [K, K] bool, symmetric, no loops; budget: q >= 0; effort: vertices that the search
    may look at, each search node counting all of its vertices (the default is about half a
    second), then it gives up: deterministic, unlike a clock. Whoever is found is taken out
    and q lowered; only members of all covers found so far are put to the question.
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
        suspects = cover
        while suspects := suspects & alive:
            w = suspects & -suspects
            near = search.near[w.bit_length() - 1] & alive
            cover = search.cover(alive & ~near & ~w, budget - near.bit_count())
            if cover is not None:
                suspects &= near | cover
                continue
            found, alive, budget = search.forced_by_degree(alive & ~w, budget - 1)
            guilty |= w | found
    except Exhausted:
        return Forced(bits(guilty), exact=False)
    return Forced(bits(guilty))


class Exhausted(Exception):
    """The search has looked at as many vertices, or gone as deep, as it may."""


class CoverSearch:
    """Vertex covers of induced subgraphs, by reduction to a kernel and branching.

    Source of the rules: Cygan and others, Parameterized Algorithms (2015), chapters 2 and 3.
    """

    def __init__(self, near: Graph, effort: int) -> None:
        self.near = near
        self.effort = effort
        self.depth = 0
        self.relaxation = Relaxation(near)
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
                degree = (self.near[v] & alive).bit_count()
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
        if self.effort < 0 or self.depth > DEPTH:
            raise Exhausted
        taken, alive, budget = self.forced_by_degree(alive, budget)
        found = self.parts(alive, budget) if budget >= 0 else None
        self.depth -= 1
        return None if found is None else taken | found

    def parts(self, alive: int, budget: int) -> int | None:
        """A cover, component by component: minimum ones, and of the largest whatever is left."""
        parts = sorted(components(self.near, alive), key=lambda part: part[0].bit_count())
        taken = 0
        for part, even in parts[:-1]:
            found = self.minimum(part, even, budget)
            if found is None:
                return None
            taken, budget = taken | found, budget - found.bit_count()
        if not parts:
            return taken
        found = self.connected(*parts[-1], budget)
        return None if found is None else taken | found

    def minimum(self, part: int, even: int, budget: int) -> int | None:
        """A minimum cover of a component, None if it has more than `budget` vertices."""
        size, found = self.minima.get(part, (1, None))
        while found is None and size <= budget:
            found = self.connected(part, even, size)
            size += found is None
        self.minima[part] = size, found
        return found if size <= budget else None

    def connected(self, part: int, even: int, budget: int) -> int | None:
        """A cover of a component with at most `budget` vertices, None if there is none."""
        relaxed = self.relaxation.solve(part, budget)
        if relaxed is None:
            return None
        left, right = relaxed
        if independent(self.near, even) and independent(self.near, part & ~even):
            return left & even | right & ~even
        ones, halves = left & right, left ^ right
        if halves != part:
            return self.after(ones, halves, budget)
        v = max(bits(part), key=lambda v: (self.near[v] & part).bit_count())
        near, rest = self.near[v] & part, part & ~(1 << v)
        found = self.after(1 << v, rest, budget)
        return found if found is not None else self.after(near, rest & ~near, budget)

    def after(self, taken: int, rest: int, budget: int) -> int | None:
        """`taken` and a cover of `rest`, with at most `budget` vertices together."""
        found = self.cover(rest, budget - taken.bit_count())
        return None if found is None else taken | found
