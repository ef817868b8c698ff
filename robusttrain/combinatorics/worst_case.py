"""The q workers that could do the most harm to an assignment, found exactly or bounded."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from robusttrain.combinatorics.bounds import ceiling, incidence
from robusttrain.combinatorics.symmetry import Symmetry
from robusttrain.rng import stream

EFFORT = 500_000  # units of some microseconds: seconds at most, the same on every rank
DEEP, FEW = 5, 64  # symmetry: all of it on sets this small, beyond that a few automorphisms
CELLS = 4_000_000  # numbers in one temporary array
FLOPS = 300_000_000  # for all starts of `climb` together


@dataclass(frozen=True, eq=False)
class Worst:
    """What the worst set of liars found attains, and what none can exceed.

    count <= ceiling, equal iff the answer is exact. liars attain `count` by lying about
    `tasks` [count] int.
    """

    count: int
    ceiling: int
    liars: tuple[int, ...]
    tasks: np.ndarray

    @property
    def exact(self) -> bool:
        return self.count == self.ceiling


def most_won(
    teams: np.ndarray,
    workers: int,
    byzantine: int,
    need: int,
    effort: int = EFFORT,
    deadline: float | None = None,
) -> Worst:
    """The q liars that have at least `need` members in the most teams.

        max over A, |A| = q, of #{t: |A n t| >= need}

    teams: [f, r] int < K = workers; 0 <= q = byzantine <= K; 1 <= need <= r. Exact if the
    search ends within `effort` (see EFFORT) and before `deadline`, a time.monotonic();
    else `count` is the best set found and `ceiling` a proven bound. ValueError out of range.
    """
    check_range(teams, workers, byzantine, need)
    best = climb(teams, workers, byzantine, need)
    top = ceiling(teams, workers, byzantine, need)
    found = int(_won(teams, best, need).sum())
    if found < top:
        search = Search(teams, workers, byzantine, need, found, effort, deadline)
        for sets, values in search:
            if values.max() > search.floor:
                best, search.floor = sets[values.argmax()], int(values.max())
            if search.floor >= top:
                break
        found, top = search.floor, min(top, max(search.floor, search.left))
    liars = tuple(sorted(int(w) for w in best))
    return Worst(found, top, liars, np.flatnonzero(_won(teams, best, need)))


def check_range(teams: np.ndarray, workers: int, byzantine: int, need: int) -> None:
    """Raise ValueError unless 0 <= q <= K and 1 <= need <= r."""
    if not 0 <= byzantine <= workers:
        raise ValueError(f"byzantine={byzantine} must be from 0 to workers={workers}")
    if not 1 <= need <= teams.shape[1]:
        raise ValueError(f"need={need} must be from 1 to the {teams.shape[1]} holders of a task")


def climb(teams: np.ndarray, workers: int, byzantine: int, need: int) -> np.ndarray:
    """[q] int: a good set of liars, by exchanging one worker at a time until none improves.

    Maximises tasks won, then the sum of squares of the copies that count towards a win; the
    random starts come from a fixed stream.
    """
    held = incidence(teams, workers)
    rng = stream(0, "climb")
    gain = np.minimum(np.arange(teams.shape[1] + 2), need) ** 2 * 1e-5
    gain[need:] += 1

    def score(counts: np.ndarray) -> np.ndarray:
        return gain[counts].sum(axis=-1)

    best, high = np.arange(byzantine), -1.0
    cost = 1 + byzantine**2 * (workers - byzantine) * len(teams)
    for _ in range(min(24, 2 + FLOPS // cost)):
        inside = np.sort(rng.permutation(workers)[:byzantine])
        now = float(score(held[:, inside].sum(axis=1)))
        for _ in range(4 * workers):
            outside = np.setdiff1d(np.arange(workers), inside)
            if not len(inside) or not len(outside):
                break
            counts = held[:, inside].sum(axis=1)
            rest = counts[None] - held[:, inside].T  # [q, f]
            step = gain[rest + 1] - gain[rest]
            tried = gain[rest].sum(axis=1)[:, None] + step @ held[:, outside]  # [q, K - q]
            out, into = np.unravel_index(tried.argmax(), tried.shape)
            if tried[out, into] <= now + 1e-9:
                break
            now, inside[out] = float(tried[out, into]), outside[into]
        if now > high:
            best, high = np.sort(inside), now
    return best


class Search:
    """All q-sets, up to symmetry, that win more than `floor` tasks, in batches.

    Iterating gives (sets [n, q] int, won [n] int); the caller may raise `floor` between two
    batches. Branch and bound, depth first: sets grow by workers in ascending order, a prefix
    that an automorphism maps to a smaller one is dropped, as is one whose bound is no
    better than `floor`; the last two picks are evaluated together by a matrix product.

    The bound: a task that still lacks d > 0 liars needs d of the p picks left, so if each
    pick is worth 1/d to it, a completion wins at most the p most valuable picks together.

    left: after the iteration, the highest bound of what was not looked at because `effort`
    or `deadline` ran out; -1 if nothing was left.
    """

    def __init__(
        self,
        teams: np.ndarray,
        workers: int,
        byzantine: int,
        need: int,
        floor: int,
        effort: int,
        deadline: float | None = None,
    ) -> None:
        self.teams, self.workers, self.q, self.need = teams, workers, byzantine, need
        self.floor, self.effort, self.deadline = floor, effort, deadline
        self.left = -1
        self.spent = 0
        self.symmetry = Symmetry(teams, workers)
        self.held = incidence(teams, workers)
        self._prepare()

    def _prepare(self) -> None:
        f, k, r = len(self.teams), self.workers, self.teams.shape[1]
        last = np.arange(-1, k)[:, None]  # row `last + 1`: holders after the last pick
        self.later = (self.teams[None] > last[:, :, None]).sum(axis=2).astype(np.int8)
        lack = self.need - np.arange(r + 1)[:, None]
        possible = (lack > 0) & (lack <= np.arange(r + 1)[None])
        worth = np.where(possible, 1.0 / np.maximum(lack, 1), 0.0)
        self.worth = worth.astype(np.float32).ravel()  # [copies held, holders left]
        self.loads = self.held.astype(np.float32)
        tail = min(self.q, 2 if f * k**2 <= 10 * CELLS else 1)  # picks evaluated at once
        self.ends = np.array(list(combinations(range(k), tail)), dtype=int)
        hits = self.held[:, self.ends].sum(axis=2)  # [f, e]
        self.hits = [(hits >= d).astype(np.float32) for d in range(1, self.ends.shape[1] + 1)]
        self.rows = max(1, CELLS // max(f * k // 2, len(self.ends)))
        self.price = 1 + f * k // 2000, 1 + f * len(self.ends) // 20_000  # a bound, an ending

    def __iter__(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        stack = [(np.zeros((1, 0), dtype=np.int16), np.full(1, len(self.teams)))]
        while stack:
            sets, bounds = stack.pop()
            sets, bounds = sets[bounds > self.floor], bounds[bounds > self.floor]
            if len(sets) and self.out():
                self.left = max(self.left, int(bounds.max()))
                continue
            if len(sets) > self.rows:
                stack.append((sets[self.rows :], bounds[self.rows :]))
                sets = sets[: self.rows]
            if not len(sets):
                continue
            if self.q - sets.shape[1] == self.ends.shape[1]:
                whole, values = self._finish(sets)
                if len(whole):
                    yield whole, values
            else:
                stack.append(self._grow(sets))

    def out(self) -> bool:
        """Whether the effort is spent or the deadline is past."""
        late = self.deadline is not None and time.monotonic() > self.deadline
        return self.spent >= self.effort or late

    def _counts(self, sets: np.ndarray) -> np.ndarray:
        counts = np.zeros((len(sets), len(self.teams)), dtype=np.int8)
        for member in sets.T:
            counts += self.held.T[member]
        return counts

    def _grow(self, sets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The children of each set that may still win more than `floor`, best last."""
        size = sets.shape[1]
        last = sets[:, -1] if size else np.full(len(sets), -1)
        parents, added = np.nonzero(np.arange(self.workers)[None] > last[:, None])
        room = self.workers - 1 - added >= self.q - size - 1
        parents, added = parents[room], added[room]
        grown = np.column_stack([sets[parents], added]).astype(np.int16)
        self.spent += len(grown) * self.price[0]
        keep = self.symmetry.smallest(grown, None if size < DEEP else FEW)
        grown = grown[keep]
        bounds = self._bounds(grown)
        order = np.argsort(bounds, kind="stable")
        order = order[bounds[order] > self.floor]
        return grown[order], bounds[order]

    def _bounds(self, sets: np.ndarray) -> np.ndarray:
        picks = self.q - sets.shape[1]
        counts = self._counts(sets)
        after = sets[:, -1].astype(int) + 1
        width = self.teams.shape[1] + 1
        index = counts.astype(np.int32) * width + np.minimum(self.later[after], picks)
        value = self.worth[index] @ self.loads  # [n, K]: what each pick is worth
        value[np.arange(self.workers)[None] < after[:, None]] = 0
        high = np.partition(value, self.workers - picks, axis=1)[:, self.workers - picks :]
        return (counts >= self.need).sum(axis=1) + np.floor(high.sum(axis=1) + 1e-3).astype(int)

    def _finish(self, sets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The whole sets with these prefixes that win more than `floor`, best first."""
        self.spent += len(sets) * self.price[1]
        counts = self._counts(sets)
        values = (counts >= self.need).sum(axis=1, dtype=np.float32)[:, None]
        for lack, hits in enumerate(self.hits, start=1):
            values = values + (counts == self.need - lack).astype(np.float32) @ hits
        values = np.broadcast_to(values, (len(sets), len(self.ends)))
        better = values > self.floor
        if sets.shape[1] and self.ends.shape[1]:
            better = better & (self.ends[None, :, 0] > sets[:, -1:])
        row, end = np.nonzero(better)
        order = np.argsort(-values[row, end], kind="stable")
        row, end = row[order], end[order]
        return np.column_stack([sets[row], self.ends[end]]).astype(int), values[row, end].astype(
            int
        )


def _won(teams: np.ndarray, liars: np.ndarray, need: int) -> np.ndarray:
    return np.isin(teams, liars).sum(axis=1) >= need
