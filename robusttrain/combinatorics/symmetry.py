"""Relabellings of the workers that leave an assignment unchanged, and what they save."""

from collections.abc import Iterator

import numpy as np

from robusttrain.combinatorics.effort import AUTOMORPHISMS, IMAGE_WORDS

WIDEST = 64  # workers: a set of workers is one 64-bit word


def automorphisms(teams: np.ndarray, workers: int, limit: int = AUTOMORPHISMS) -> np.ndarray:
    """[g, K] int: permutations of the workers that map the family of teams to itself.

    They are found as the automorphisms of the bipartite graph of workers and tasks that
    keep the two sides apart: the generators that BLISS gives and products of them, shortest
    words first, until the group is closed or `limit` are found. Row 0 is the identity.
    teams: [f, r] int < K = workers.
    Source: Junttila and Kaski, Engineering an efficient canonical labeling tool (2007).
    """
    import igraph  # here, because it takes as long to import as PyTorch

    tasks, replication = teams.shape
    edges = np.stack([teams.ravel(), np.repeat(np.arange(tasks), replication) + workers], axis=1)
    graph = igraph.Graph(n=workers + tasks, edges=edges.tolist())
    sides = [0] * workers + [1] * tasks
    generators = [tuple(g[:workers]) for g in graph.automorphism_group(color=sides)]
    identity = tuple(range(workers))
    seen, frontier = {identity: None}, [identity]
    while frontier and len(seen) < limit:
        made = {tuple(g[i] for i in p): None for p in frontier for g in generators}
        frontier = [p for p in made if p not in seen][: limit - len(seen)]
        seen.update(dict.fromkeys(frontier))
    return np.array(list(seen))


class Symmetry:
    """Tells which sets of workers are the lexicographically smallest of their orbit.

    A set is one word with worker 0 as the highest bit, so that of two sets of one size the
    smaller has the larger word. With more than 64 workers nothing is known to be symmetric.
    """

    def __init__(self, teams: np.ndarray, workers: int, limit: int = AUTOMORPHISMS) -> None:
        known = automorphisms(teams, workers, limit) if workers <= WIDEST else np.empty((0, 0))
        self.bits = np.uint64(1) << (WIDEST - 1 - known.astype(np.uint64))  # [g, K]

    def smallest(self, sets: np.ndarray, first: int | None = None) -> np.ndarray:
        """[n] bool: no (of the `first`) automorphism maps the set to a smaller one.

        Of every orbit the smallest set S is kept, and so are its prefixes: if g(P) < P for the
        first members P of S, the first members of g(S) are g(P) or smaller, so g(S) < S.
        So partial sets can be discarded.

        sets: [n, s] int, each row ascending.
        """
        keep = np.ones(len(sets), dtype=bool)
        if len(self.bits) > 1 and sets.size:
            own = self._words(sets, 0, 1)[:, 0]  # row 0 is the identity
            for images in self._images(sets, first):
                keep &= images.max(axis=1) <= own
        return keep

    def representatives(self, sets: np.ndarray) -> np.ndarray:
        """[n] uint64: the word of each set's smallest known image; n sets as in `smallest`."""
        words = np.zeros(len(sets), dtype=np.uint64)
        for images in self._images(sets, None):
            words = np.maximum(words, images.max(axis=1))
        return words

    def _images(self, sets: np.ndarray, first: int | None) -> Iterator[np.ndarray]:
        """The words of the images of all sets, [n, some] uint64, some automorphisms at a time."""
        count = len(self.bits) if first is None else min(first, len(self.bits))
        step = max(1, IMAGE_WORDS // max(1, len(sets)))
        for low in range(0, count, step):
            yield self._words(sets, low, min(low + step, count))

    def _words(self, sets: np.ndarray, low: int, high: int) -> np.ndarray:
        """[n, high - low] uint64: the images of the sets under automorphisms low..high-1."""
        columns = self.bits[low:high].T  # [K, g]
        words = np.zeros((len(sets), columns.shape[1]), dtype=np.uint64)
        for member in sets.T:
            words |= columns[member]
        return words
