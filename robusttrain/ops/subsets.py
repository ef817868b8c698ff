"""The subset of given size that lies closest together: by diameter, or by top eigenvalue."""

from itertools import combinations
from math import comb

import numpy as np

CHUNK = 4096


class Exhausted(Exception):
    """The search took as many steps as it may."""


def tightest(distances: np.ndarray, size: int, effort: int) -> list[int]:
    """`size` of n points with the least diameter; on a tie the least second distance, and so on.

    distances [n, n] symmetric. After `effort` steps of the search: the best that is known, of at
    most twice the least diameter if distances are squares of Euclidean ones.
    """
    n = len(distances)
    search = _Cover(distances, effort)
    nearest = distances.argsort(axis=1, kind="stable")[:, :size]
    spans = [distances[np.ix_(row, row)].max() for row in nearest]
    best = sorted(nearest[int(np.argmin(spans))].tolist())
    kept: list[int] = []
    try:
        while len(kept) < size < n:
            best = search.least(kept, best, n - size)
            inside = distances[np.ix_(best, best)].copy()
            fixed = np.isin(best, kept)
            inside[np.ix_(fixed, fixed)] = -1.0
            np.fill_diagonal(inside, -1.0)
            i, j = np.unravel_index(int(inside.argmax()), inside.shape)
            kept = sorted({*kept, best[i], best[j]})
    except Exhausted:
        return best
    return kept if size < n and size > 1 else best


class _Cover:
    """Sets of points of which no two are too far apart: what is left out covers all such pairs."""

    def __init__(self, distances: np.ndarray, effort: int) -> None:
        self.distances = distances
        self.effort = effort

    def least(self, kept: list[int], known: list[int], budget: int) -> list[int]:
        """As many points as `known`, `kept` included, of least diameter but for pairs of kept."""
        n = len(self.distances)
        worth = self.distances.copy()
        worth[np.ix_(kept, kept)] = -1.0
        np.fill_diagonal(worth, -1.0)
        top = worth[np.ix_(known, known)].max()
        levels = np.unique(worth[(worth >= 0) & (worth <= top)])
        low, high, best = 0, len(levels) - 1, known  # high is feasible
        while low < high:
            middle = (low + high) // 2
            out = self.cover(worth > levels[middle], kept, budget)
            if out is None:
                low = middle + 1
                continue
            left = [i for i in range(n) if not out >> i & 1]
            free = [i for i in left if i not in kept]
            best = sorted(kept + free[: len(known) - len(kept)])
            high = middle
        return best

    def cover(self, far: np.ndarray, kept: list[int], budget: int) -> int | None:
        """At most `budget` points, none of `kept`, that meet every pair in `far`; None: none do."""
        n = len(far)
        apart = [sum(1 << int(j) for j in np.flatnonzero(row)) for row in far]
        alive, out = (1 << n) - 1, 0
        for k in kept:
            out |= apart[k]
            alive &= ~(1 << k)
        if any(out >> k & 1 for k in kept) or out.bit_count() > budget:
            return None
        return self._branch(apart, alive & ~out, out, budget - out.bit_count())

    def _branch(self, apart: list[int], alive: int, out: int, budget: int) -> int | None:
        self.effort -= 1
        if self.effort < 0:
            raise Exhausted
        best, degree, edges, rest = -1, 0, 0, alive
        while rest:
            v = (rest & -rest).bit_length() - 1
            rest &= rest - 1
            count = (apart[v] & alive).bit_count()
            edges += count
            if count > degree:
                best, degree = v, count
        if degree == 0:
            return out
        if edges > 2 * budget * degree:
            return None
        without = self._branch(apart, alive & ~(1 << best), out | 1 << best, budget - 1)
        if without is not None:
            return without
        others = apart[best] & alive
        if degree > budget or degree == 1:
            return None
        return self._branch(apart, alive & ~others & ~(1 << best), out | others, budget - degree)


def tightest_of_all(distances: np.ndarray, size: int) -> list[int]:
    """The same by looking at every subset."""
    sets = _subsets(len(distances), size)
    spans = np.concatenate([
        distances[part[:, :, None], part[:, None, :]].max(axis=(1, 2))
        for part in np.array_split(sets, -(-len(sets) // CHUNK))
    ])  # fmt: skip
    tied = sets[spans == spans.min()].tolist()
    upper = np.triu_indices(size, 1)
    return min(tied, key=lambda s: sorted(distances[np.ix_(s, s)][upper].tolist(), reverse=True))


def _subsets(n: int, size: int) -> np.ndarray:
    """[C(n, size), size] int."""
    count = comb(n, size) * size
    flat = (i for chosen in combinations(range(n), size) for i in chosen)
    return np.fromiter(flat, dtype=np.int64, count=count).reshape(-1, size)


def flattest(gram: np.ndarray, size: int, limit: int) -> list[int]:
    """`size` of n points with the least top eigenvalue; exact if C(n, size) <= limit.

    gram [n, n]: inner products about any centre. For a unit direction u the variance along u
    is a lower bound on the top eigenvalue of every subset; the subset with the least bound is
    looked at next, its own top direction is a new bound on all, and those that cannot win go.
    """
    n = len(gram)
    if size == n:
        return list(range(n))
    best, least, direction = _descend(gram, size)
    if comb(n, size) > limit:
        return best
    left_out = _subsets(n, n - size)
    bounds = np.zeros(len(left_out))
    while True:
        total, squares = direction.sum(), (direction**2).sum()
        gone = direction[left_out]
        mean = (total - gone.sum(axis=1)) ** 2 / size
        bounds = np.maximum(bounds, squares - (gone**2).sum(axis=1) - mean)
        open_ = bounds < least * (1 - 1e-9)
        left_out, bounds = left_out[open_], bounds[open_]
        if len(left_out) == 0:
            return best
        i = int(bounds.argmin())
        inside = np.setdiff1d(np.arange(n), left_out[i])
        value, direction = _top(gram, inside)
        bounds[i] = np.inf
        if value < least:
            best, least = inside.tolist(), value


def _descend(gram: np.ndarray, size: int) -> tuple[list[int], float, np.ndarray]:
    """Drop what is farthest along the top direction; then exchange one for one while it helps."""
    inside = np.arange(len(gram))
    value, direction = _top(gram, inside)
    while len(inside) > size:
        along = direction[inside] - direction[inside].mean()
        inside = np.delete(inside, int(np.abs(along).argmax()))
        value, direction = _top(gram, inside)
    while True:
        outside = np.setdiff1d(np.arange(len(gram)), inside)
        tries = [np.append(np.delete(inside, i), j) for i in range(size) for j in outside]
        values = np.linalg.eigvalsh(np.stack([_scatter(gram, t) for t in tries]))[:, -1]
        if values.min() >= value * (1 - 1e-9):
            return sorted(inside.tolist()), value, direction
        inside = tries[int(values.argmin())]
        value, direction = _top(gram, inside)


def _scatter(gram: np.ndarray, inside: np.ndarray) -> np.ndarray:
    """The inner products about the mean of the points `inside`."""
    part = gram[np.ix_(inside, inside)]
    means = part.mean(axis=0)
    centred: np.ndarray = part - means - means[:, None] + means.mean()
    return centred


def _top(gram: np.ndarray, inside: np.ndarray) -> tuple[float, np.ndarray]:
    """The top eigenvalue of the scatter, and all n points along the eigenvector, up to a shift."""
    values, vectors = np.linalg.eigh(_scatter(gram, inside))
    if values[-1] <= 1e-13 * np.abs(gram.diagonal()).max():
        return 0.0, np.zeros(len(gram))
    mass = vectors[:, -1] - vectors[:, -1].mean()
    return float(values[-1]), gram[:, inside] @ mass / np.sqrt(values[-1])
