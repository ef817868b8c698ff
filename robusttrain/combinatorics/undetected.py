"""Lies that survive the `cover` detector: the most tasks that liars can forge unconvicted."""

from itertools import combinations, product, takewhile
from math import comb

import numpy as np

from robusttrain.combinatorics.effort import ACCOMPLICE_SETS, LIES_MOST, LIES_PART, SEARCH, late
from robusttrain.combinatorics.liar_search import LiarSearch
from robusttrain.combinatorics.unconvicted import unconvicted
from robusttrain.combinatorics.worst_case import Worst, check_range, climb, most_won


class Lies:
    """The tasks that given liars can forge unseen: a search over sets of tasks.

    A set T of tasks is feasible if, after the liars lie about all of T in unison and the
    convicted are thrown out, liars are a strict majority of the copies left of every task
    in T. No honest worker is ever convicted, as the liars are a cover without it. Subsets of
    feasible sets are feasible: fewer lies, fewer edges, more covers, fewer convicted.

    teams: [f, r] int, the holders of each task.
    liars: the q liars; position a in this tuple stands for liar a below.
    best: the largest feasible set found, task indices.
    spent: work done so far, in the units of `effort.SEARCH`.
    deadline: a time.monotonic(), None for none.
    free: tasks that liars hold alone: forged without any disagreement.
    open: tasks that liars win by vote, and that some honest worker holds.
    lying: per open task, the positions of the liars that hold it.
    honest: per open task, the bit set of the honest workers that hold it.
    """

    def __init__(
        self, teams: np.ndarray, liars: tuple[int, ...], deadline: float | None = None
    ) -> None:
        self.teams, self.liars, self.deadline = teams, liars, deadline
        self.q = len(liars)
        self.best: list[int] = []
        self.spent = 0
        position = {w: a for a, w in enumerate(liars)}
        inside = np.isin(teams, liars)
        majority = 2 * inside.sum(axis=1) > teams.shape[1]
        self.free: list[int] = np.flatnonzero(inside.all(axis=1)).tolist()
        self.open: list[int] = np.flatnonzero(majority & ~inside.all(axis=1)).tolist()
        members = {t: teams[t].tolist() for t in self.open}
        self.lying = {t: [position[w] for w in members[t] if w in position] for t in self.open}
        self.honest = {t: sum(1 << w for w in members[t] if w not in position) for t in self.open}

    def common(self) -> list[int]:
        """The most open tasks found whose honest holders all lie in one set D of q honest workers.

        Every liar then differs from D alone, and D is as good an explanation as the liars.
        """
        workers = sorted({int(w) for t in self.open for w in self.teams[t]} - set(self.liars))
        parts = list(self.honest.values())
        if comb(len(workers), self.q) <= ACCOMPLICE_SETS or len(workers) <= self.q:
            choices = combinations(workers, min(self.q, len(workers)))
            masks = [sum(1 << w for w in d) for d in choices]
            self.spent += len(masks) * len(parts) // 25
            best = max(masks, key=lambda d: sum(not part & ~d for part in parts))
        else:
            self.spent += self.q * len(workers) ** 2 * len(parts) // 25
            best = _exchange(workers, self.q, parts, self.deadline)
        return [t for t in self.open if not self.honest[t] & ~best]

    def solve(self, floor: int, effort: int) -> bool:
        """Look for more than `floor` tasks, within `effort`; the best found go to `best`.

        True: for r <= 3 no feasible set is larger than `floor` and `best`. False: given up.
        """
        self.limit = self.spent + effort
        self.best = self.free + self.common()
        self.floor = max(floor, len(self.best))
        return self._branch([], [0] * self.q, self.open)

    def _branch(self, taken: list[int], neighbours: list[int], rest: list[int]) -> bool:
        """Whether every set of `taken` and some of `rest` was ruled out or is no better.

        taken: a feasible set. neighbours: per liar, the honest that it differs from by `taken`.
        """
        # T + t infeasible => every larger set is, as feasible sets have feasible subsets.
        rest = [t for t in rest if self._feasible(taken, neighbours, t)]
        # N(a) holds the honest holders of t for all its liars a => t adds no edge: always taken.
        # No later choice S loses by it, at r = 3: a has an edge, so it holds a task u of S with
        # 2 liars against 1 honest, which is won only while a is unconvicted; the same for t's
        # other liar. Not proven for r >= 4: there `most_undetected` gives the vote's ceiling.
        shown = {t for t in rest if self._shown(t, neighbours)}
        taken = taken + sorted(shown)
        rest = [t for t in rest if t not in shown]
        size = len(self.free) + len(taken)
        if size > max(self.floor, len(self.best)):
            self.best = self.free + taken
        # |free| + |taken| + |rest| bounds every set below: stop once it is no better.
        while size + len(rest) > max(self.floor, len(self.best)):
            if self.spent > self.limit or late(self.deadline):
                return False
            # All sets with `first`, then, in the next turn, all sets without it.
            first, rest = rest[0], rest[1:]
            if not self._branch([*taken, first], self._with(neighbours, first), rest):
                return False
        return True

    def _shown(self, task: int, neighbours: list[int]) -> bool:
        return all(not self.honest[task] & ~neighbours[a] for a in self.lying[task])

    def _with(self, neighbours: list[int], task: int) -> list[int]:
        more = list(neighbours)
        for a in self.lying[task]:
            more[a] |= self.honest[task]
        return more

    def _feasible(self, taken: list[int], neighbours: list[int], task: int) -> bool:
        self.spent += 4
        more = self._with(neighbours, task)
        union = 0
        for n in more:
            union |= n
        # At most q honest workers cover every edge and leave out every liar: none is convicted.
        if union.bit_count() <= self.q:
            return True
        self.spent += 3 * self.q
        spared = unconvicted(more, self.q)
        return all(
            sum(spared[a] for a in self.lying[t]) > self.honest[t].bit_count()
            for t in [*taken, task]
        )


def _exchange(
    workers: list[int], size: int, parts: list[int], deadline: float | None = None
) -> int:
    """A set of `size` workers that contains many of the sets `parts`: greedy, then exchanges."""

    def score(d: int) -> tuple[int, int]:
        return sum(not part & ~d for part in parts), sum((part & d).bit_count() for part in parts)

    chosen = 0
    for _ in range(size):
        if late(deadline):
            return chosen
        chosen = max((chosen | 1 << w for w in workers if not chosen >> w & 1), key=score)
    while True:
        inside = [w for w in workers if chosen >> w & 1]
        outside = [w for w in workers if not chosen >> w & 1]
        pairs = takewhile(lambda _: not late(deadline), product(inside, outside))
        tried = max((chosen ^ 1 << a ^ 1 << b for a, b in pairs), key=score, default=chosen)
        if score(tried) <= score(chosen):
            return chosen
        chosen = tried


def most_undetected(
    teams: np.ndarray,
    workers: int,
    byzantine: int,
    effort: int = SEARCH,
    deadline: float | None = None,
    voted: Worst | None = None,
) -> Worst:
    """The most tasks that q liars can forge although `cover` throws out whom it convicts.

        max over A, |A| = q, and tasks T of |T|, T feasible for A as in `Lies`

    Exact if the search ends within `effort` and r <= 3. For r >= 4 a liar might gain by
    telling the truth about a task that others forge, which `Lies` does not consider: the
    ceiling is then that of `voted`, even if the search over all A and T was complete.

    teams: [f, r] int < K = workers, the holders of each task.
    byzantine: q, 0 <= q < K/2.
    effort: units of `effort.SEARCH`. deadline: a time.monotonic(), None for none.
    voted: `most_won` for a strict majority, where it is known.
    """
    need = teams.shape[1] // 2 + 1
    check_range(teams, workers, byzantine, need)
    if voted is None:
        voted = most_won(teams, workers, byzantine, need, effort, deadline)
    unanimous = climb(teams, workers, byzantine, teams.shape[1], deadline)
    share = min(LIES_MOST, effort // LIES_PART)
    guesses = [voted.liars, tuple(map(int, unanimous))]
    best, liars = _start(teams, guesses, share, deadline)
    search = LiarSearch(teams, workers, byzantine, need, len(best), effort, deadline)
    unsettled = -1
    # forged unseen <= won by vote, as every task in a feasible set has a liars' majority: sets
    # that win no more than the floor are out, and those left over win at most `left`.
    for chosen, won in search.orbits():
        lies = Lies(teams, chosen, deadline)
        settled = lies.solve(len(best), share)
        search.spent += 1 + lies.spent
        if len(lies.best) > len(best):
            best, liars = lies.best, chosen
            search.floor = len(best)
        if not settled:
            unsettled = max(unsettled, won)
    if teams.shape[1] > 3:
        top = voted.ceiling
    else:
        # Every A was settled, or is bounded by its votes (`unsettled`) or by the search (`left`).
        top = max(len(best), min(voted.ceiling, max(unsettled, search.left)))
    return Worst(len(best), top, tuple(sorted(liars)), np.array(sorted(best), dtype=int))


def _start(
    teams: np.ndarray, guesses: list[tuple[int, ...]], effort: int, deadline: float | None
) -> tuple[list[int], tuple[int, ...]]:
    """The best attack by one of the guessed sets of liars."""
    attacks: list[tuple[list[int], tuple[int, ...]]] = []
    for liars in guesses:
        lies = Lies(teams, liars, deadline)
        lies.solve(0, effort)
        attacks.append((lies.best, liars))
    return max(attacks, key=lambda attack: len(attack[0]))
