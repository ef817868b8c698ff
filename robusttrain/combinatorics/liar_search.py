"""Branch and bound over the sets of q workers that win more tasks than a floor."""

from collections.abc import Iterator
from itertools import combinations

import numpy as np

from robusttrain.combinatorics.bounds import incidence
from robusttrain.combinatorics.effort import CELLS, SYMMETRIC_IMAGES, SYMMETRIC_SIZE, late
from robusttrain.combinatorics.symmetry import Symmetry


class LiarSearch:
    """All q-sets, up to symmetry, that win more than `floor` tasks, in batches.

    Iterating gives (sets [n, q] int, won [n] int), best first; the caller may raise `floor`
    between two batches. Depth first: sets grow by workers in ascending order; a prefix is dropped
    if an automorphism maps it to a smaller one, or if its bound (`_bounds`) is no better than
    `floor`; the last two picks are evaluated together by a matrix product (`_finish`).

    teams: [f, r] int < K = workers, the holders of each task.
    q: `byzantine`, the size of a set.
    need: copies that win a task, 1 <= need <= r.
    floor: tasks that are no longer of interest.
    effort: units of `effort.SEARCH`. deadline: a time.monotonic(), None for none.
    spent: work done so far; the caller may add its own.
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
        self._prepare_bounds()
        self._prepare_endings()

    def _prepare_bounds(self) -> None:
        """later [K + 1, f]: holders after the last pick; worth: what one pick is worth to a task.

        Row `last + 1` of `later` belongs to a set with last pick `last`. worth, flat [(r+1)²]:
        1/d for d = need - copies held, if the holders left can be d at all, else 0.
        """
        f, k, r = len(self.teams), self.workers, self.teams.shape[1]
        last = np.arange(-1, k)[:, None]
        self.later = (self.teams[None] > last[:, :, None]).sum(axis=2).astype(np.int8)
        lack = self.need - np.arange(r + 1)[:, None]
        possible = (lack > 0) & (lack <= np.arange(r + 1)[None])
        worth = np.where(possible, 1.0 / np.maximum(lack, 1), 0.0)
        self.worth = worth.astype(np.float32).ravel()
        self.loads = self.held.astype(np.float32)
        self.price_of_bound = 1 + f * k // 2000

    def _prepare_endings(self) -> None:
        """ends [e, 2 or 1]: the last picks; hits: per d >= 1, [f, e] whether d of them hold t."""
        f, k = len(self.teams), self.workers
        tail = min(self.q, 2 if f * k**2 <= 10 * CELLS else 1)
        self.ends = np.array(list(combinations(range(k), tail)), dtype=int)
        hits = self.held[:, self.ends].sum(axis=2)
        self.hits = [(hits >= d).astype(np.float32) for d in range(1, self.ends.shape[1] + 1)]
        self.batch = max(1, CELLS // max(f * k // 2, len(self.ends)))
        self.price_of_ending = 1 + f * len(self.ends) // 20_000

    def __iter__(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        stack = [(np.zeros((1, 0), dtype=np.int16), np.full(1, len(self.teams)))]
        while stack:
            sets, bounds = stack.pop()
            # won by any completion <= bound: no better than `floor`, which may have risen.
            sets, bounds = sets[bounds > self.floor], bounds[bounds > self.floor]
            if len(sets) and self.out():
                self.left = max(self.left, int(bounds.max()))
                continue
            if len(sets) > self.batch:
                stack.append((sets[self.batch :], bounds[self.batch :]))
                sets = sets[: self.batch]
            if not len(sets):
                continue
            if self.q - sets.shape[1] == self.ends.shape[1]:
                whole, values = self._finish(sets)
                if len(whole):
                    yield whole, values
            else:
                stack.append(self._grow(sets))

    def orbits(self) -> Iterator[tuple[tuple[int, ...], int]]:
        """(set, won), one at a time and one of each orbit, while it wins more than `floor`.

        What is not reached before effort or deadline runs out counts in `left`.
        """
        seen: set[int] = set()
        for sets, values in self:
            words = self.symmetry.representatives(sets).tolist()
            for chosen, won, word in zip(sets.tolist(), values.tolist(), words, strict=True):
                # Sets with the same image (0: none is known) do equally well: one is enough.
                if won <= self.floor or (word and word in seen):
                    continue
                seen.add(word)
                if self.out():
                    # Batches come best first: the rest of this one wins no more.
                    self.left = max(self.left, won)
                    break
                yield tuple(chosen), won

    def out(self) -> bool:
        """Whether the effort is spent or the deadline is past."""
        return self.spent >= self.effort or late(self.deadline)

    def _counts(self, sets: np.ndarray) -> np.ndarray:
        """[n, f] int8: copies of each task that each set holds."""
        counts = np.zeros((len(sets), len(self.teams)), dtype=np.int8)
        for member in sets.T:
            counts += self.held.T[member]
        return counts

    def _grow(self, sets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The children of each set that may still win more than `floor`, and their bounds."""
        size = sets.shape[1]
        last = sets[:, -1] if size else np.full(len(sets), -1)
        # Ascending picks give every set once.
        parents, added = np.nonzero(np.arange(self.workers)[None] > last[:, None])
        # workers above the new pick >= picks left: else no set is completed from here.
        room = self.workers - 1 - added >= self.q - size - 1
        parents, added = parents[room], added[room]
        grown = np.column_stack([sets[parents], added]).astype(np.int16)
        self.spent += len(grown) * self.price_of_bound
        # image < prefix => image of the whole set < the set: it is not the smallest of its
        # orbit, which is kept and wins as much. Testing fewer images only keeps more.
        images = None if size < SYMMETRIC_SIZE else SYMMETRIC_IMAGES
        grown = grown[self.symmetry.smallest(grown, images)]
        bounds = self._bounds(grown)
        order = np.argsort(bounds, kind="stable")
        order = order[bounds[order] > self.floor]
        return grown[order], bounds[order]

    def _bounds(self, sets: np.ndarray) -> np.ndarray:
        """[n] int: what no completion of a set exceeds.

        A completion P, |P| = p, wins a task that lacks d > 0 copies only if |P n t| >= d, that
        is, only if sum over w in P n t of 1/d >= 1. So it wins at most the sum over w in P of
        value(w), value(w) = sum of 1/d over the tasks of w, and at most the p largest values.
        Tasks with d > p, or d > the holders of t that are still to come, are worth nothing.
        """
        picks = self.q - sets.shape[1]
        counts = self._counts(sets)
        after = sets[:, -1].astype(int) + 1
        width = self.teams.shape[1] + 1
        index = counts.astype(np.int32) * width + np.minimum(self.later[after], min(picks, width))
        value = self.worth[index] @ self.loads  # [n, K]
        value[np.arange(self.workers)[None] < after[:, None]] = 0  # picks ascend
        high = np.partition(value, self.workers - picks, axis=1)[:, self.workers - picks :]
        # A number of tasks is whole, so round down; the margin is for the rounding of float32.
        return (counts >= self.need).sum(axis=1) + np.floor(high.sum(axis=1) + 1e-3).astype(int)

    def _finish(self, sets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The whole sets with these prefixes that win more than `floor`, best first.

        won = #{t: count >= need} + sum over d >= 1 of #{t: count = need - d, hit d times or more}
        """
        self.spent += len(sets) * self.price_of_ending
        counts = self._counts(sets)
        values = (counts >= self.need).sum(axis=1, dtype=np.float32)[:, None]
        for lack, hits in enumerate(self.hits, start=1):
            values = values + (counts == self.need - lack).astype(np.float32) @ hits
        values = np.broadcast_to(values, (len(sets), len(self.ends)))
        better = values > self.floor
        if sets.shape[1] and self.ends.shape[1]:
            better = better & (self.ends[None, :, 0] > sets[:, -1:])  # picks ascend
        row, end = np.nonzero(better)
        order = np.argsort(-values[row, end], kind="stable")
        row, end = row[order], end[order]
        whole = np.column_stack([sets[row], self.ends[end]]).astype(int)
        return whole, values[row, end].astype(int)
