"""Lies that survive the `cover` detector: which liars stay unconvicted, and the worst case."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import combinations
from math import comb

import numpy as np

from robusttrain.combinatorics.worst_case import EFFORT, Search, Worst, check_range, climb, most_won

SHARE, LONGEST = 10, 300_000  # one set of liars gets a tenth of the effort, and at most this
ALL_D = 1500  # sets of honest accomplices that are tried one by one


def unconvicted(near: Sequence[int], budget: int) -> list[bool]:
    """Which of the liars lie outside some vertex cover of at most `budget` workers.

    near[a]: bit set of the honest workers that liar a visibly differs from; liars agree with
    one another, so the disagreement graph is bipartite, and by König's theorem

        a is unconvicted  <=>  |N(a)| + (largest matching of G - a - N(a)) <= budget.

    The same verdict as `graph.in_every_cover`, in polynomial time.
    """
    return [_spared(near, a, budget) for a in range(len(near))]


def _spared(near: Sequence[int], a: int, budget: int) -> bool:
    mine = near[a]
    spare = budget - mine.bit_count()
    if spare < 0:
        return False
    others = [n & ~mine for i, n in enumerate(near) if i != a and n & ~mine]
    union = 0
    for n in others:
        union |= n
    return min(len(others), union.bit_count()) <= spare or _matching(others) <= spare


def _matching(near: Sequence[int]) -> int:
    """The size of a largest matching of a bipartite graph given by its rows as bit sets."""
    owner: dict[int, int] = {}

    def augment(row: int, seen: set[int]) -> bool:
        rest = near[row]
        while rest:
            low = rest & -rest
            rest ^= low
            if low not in seen:
                seen.add(low)
                if low not in owner or augment(owner[low], seen):
                    owner[low] = row
                    return True
        return False

    return sum(augment(row, set()) for row in range(len(near)))


@dataclass
class Lies:
    """The tasks that the liars `liars` can forge unseen: a search over sets of lies.

    A set T of tasks is feasible if, after the liars lie about all of T in unison and the
    convicted are thrown out, liars are a strict majority of the copies left of every task
    in T. Subsets of feasible sets are feasible: fewer lies, fewer edges, more covers.
    """

    teams: np.ndarray
    liars: tuple[int, ...]
    best: list[int] = field(default_factory=list)
    spent: int = 0

    def __post_init__(self) -> None:
        self.q = len(self.liars)
        place = {w: i for i, w in enumerate(self.liars)}
        inside = np.isin(self.teams, self.liars)
        most = 2 * inside.sum(axis=1) > self.teams.shape[1]
        self.free = np.flatnonzero(inside.all(axis=1)).tolist()
        self.open = np.flatnonzero(most & ~inside.all(axis=1)).tolist()
        self.who = {t: [place[w] for w in self.teams[t] if w in place] for t in self.open}
        self.seen = {
            t: sum(1 << int(w) for w in self.teams[t] if int(w) not in place) for t in self.open
        }

    def common(self) -> list[int]:
        """The most tasks whose honest holders all lie in one set D of q honest workers.

        Every liar then differs from D alone, and D is as good an explanation as the liars.
        """
        honest = sorted({int(w) for t in self.open for w in self.teams[t]} - set(self.liars))
        weights = list(self.seen.values())
        if comb(len(honest), self.q) <= ALL_D or len(honest) <= self.q:
            choices = combinations(honest, min(self.q, len(honest)))
            masks = [sum(1 << w for w in d) for d in choices]
            self.spent += len(masks) * len(weights) // 25
            best = max(masks, key=lambda d: sum(not s & ~d for s in weights))
        else:
            self.spent += self.q * len(honest) ** 2 * len(weights) // 25
            best = _exchange(honest, self.q, weights)
        return [t for t in self.open if not self.seen[t] & ~best]

    def solve(self, floor: int, effort: int) -> bool:
        """Look for more than `floor` tasks; the best found go to `best`. True: none is better."""
        self.limit = self.spent + effort
        self.best = self.free + self.common()
        self.floor = max(floor, len(self.best))
        return self._branch([], [0] * self.q, self.open)

    def _branch(self, taken: list[int], near: list[int], rest: list[int]) -> bool:
        """Whether every set of `taken` and some of `rest` was ruled out or is no better."""
        rest = [t for t in rest if self._feasible(taken, near, t)]
        shown = {t for t in rest if self._shown(t, near)}  # these reveal nothing new
        taken = taken + sorted(shown)
        rest = [t for t in rest if t not in shown]
        size = len(self.free) + len(taken)
        if size > max(self.floor, len(self.best)):
            self.best = self.free + taken
        while size + len(rest) > max(self.floor, len(self.best)):
            if self.spent > self.limit:
                return False
            first, rest = rest[0], rest[1:]
            if not self._branch([*taken, first], self._with(near, first), rest):
                return False
        return True

    def _shown(self, t: int, near: list[int]) -> bool:
        return all(not self.seen[t] & ~near[a] for a in self.who[t])

    def _with(self, near: list[int], t: int) -> list[int]:
        more = list(near)
        for a in self.who[t]:
            more[a] |= self.seen[t]
        return more

    def _feasible(self, taken: list[int], near: list[int], t: int) -> bool:
        self.spent += 4
        more = self._with(near, t)
        union = 0
        for n in more:
            union |= n
        if union.bit_count() <= self.q:
            return True
        self.spent += 3 * self.q
        spared = unconvicted(more, self.q)
        return all(
            sum(spared[a] for a in self.who[u]) > self.seen[u].bit_count() for u in [*taken, t]
        )


def _exchange(honest: list[int], size: int, weights: list[int]) -> int:
    """A set of `size` honest workers that contains many of `weights`: greedy, then swaps."""

    def score(d: int) -> tuple[int, int]:
        return sum(not s & ~d for s in weights), sum((s & d).bit_count() for s in weights)

    chosen = 0
    for _ in range(size):
        chosen = max((chosen | 1 << w for w in honest if not chosen >> w & 1), key=score)
    while True:
        inside = [w for w in honest if chosen >> w & 1]
        outside = [w for w in honest if not chosen >> w & 1]
        tried = max((chosen ^ 1 << a ^ 1 << b for a in inside for b in outside), key=score)
        if score(tried) <= score(chosen):
            return chosen
        chosen = tried


def most_undetected(
    teams: np.ndarray,
    workers: int,
    byzantine: int,
    effort: int = EFFORT,
    deadline: float | None = None,
    voted: Worst | None = None,
) -> Worst:
    """The most tasks that q liars can forge although `cover` throws out whom it convicts.

        max over A, |A| = q, and tasks T of |T|, T feasible for A as in `Lies`

    teams: [f, r] int; 0 <= q < K/2; voted: `most_won` for a strict majority, if it is known.
    Exact if the search ends within `effort` and r <= 3. For r >= 4 a liar might gain by
    telling the truth about a task that others forge, which `Lies` does not consider: the
    ceiling is then that of `voted`, even if the search over all A and T was complete.
    """
    need = teams.shape[1] // 2 + 1
    check_range(teams, workers, byzantine, need)
    if voted is None:
        voted = most_won(teams, workers, byzantine, need, effort, deadline)
    alone = climb(teams, workers, byzantine, teams.shape[1])
    share = min(LONGEST, effort // SHARE)
    best, liars = _start(teams, [voted.liars, tuple(map(int, alone))], share)
    search = Search(teams, workers, byzantine, need, len(best), effort, deadline)
    open_above, seen = -1, set()
    for sets, values in search:
        words = search.symmetry.representatives(sets)
        for chosen, won, word in zip(sets.tolist(), values.tolist(), words.tolist(), strict=True):
            if won <= len(best) or (word and word in seen):
                continue
            seen.add(word)
            if search.out():
                open_above = max(open_above, won)
                break
            lies = Lies(teams, tuple(chosen))
            done = lies.solve(len(best), share)
            search.spent += 1 + lies.spent
            if len(lies.best) > len(best):
                best, liars = lies.best, tuple(chosen)
                search.floor = len(best)
            open_above = max(open_above, -1 if done else won)
    top = max(len(best), open_above, search.left)
    top = voted.ceiling if teams.shape[1] > 3 else max(len(best), min(top, voted.ceiling))
    return Worst(len(best), top, tuple(sorted(liars)), np.array(sorted(best), dtype=int))


def _start(
    teams: np.ndarray, guesses: list[tuple[int, ...]], effort: int
) -> tuple[list[int], tuple[int, ...]]:
    """The best attack by one of the guessed sets of liars."""
    found: list[tuple[list[int], tuple[int, ...]]] = []
    for liars in guesses:
        lies = Lies(teams, liars)
        lies.solve(0, effort)
        found.append((lies.best, liars))
    return max(found, key=lambda pair: len(pair[0]))
