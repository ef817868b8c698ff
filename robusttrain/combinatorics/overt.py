"""The weak attack under the `cover` detector: every liar lies about every task it holds."""

import numpy as np

from robusttrain.combinatorics.undetected import unconvicted
from robusttrain.combinatorics.worst_case import EFFORT, Search, Worst, check_range, most_won

BRANCHES = 20_000  # groups of workers looked at before `always_convicted` gives up


def forged_when_overt(
    teams: np.ndarray, workers: int, liars: tuple[int, ...]
) -> tuple[np.ndarray, np.ndarray]:
    """(tasks forged, tasks dropped) when `liars` lie in unison about all that they hold.

    `cover` throws out the copies of the liars it convicts; a task is forged if liars are a
    strict majority of the copies left, and dropped if nobody is.
    teams: [f, r] int < K = workers; both results ascending int.
    """
    lying = np.zeros(workers, dtype=bool)
    lying[list(liars)] = True
    inside = lying[teams]
    near = dict.fromkeys(map(int, liars), 0)
    for team, false in zip(teams.tolist(), inside.tolist(), strict=True):
        honest = sum(1 << w for w, lied in zip(team, false, strict=True) if not lied)
        for w in (w for w, lied in zip(team, false, strict=True) if lied):
            near[w] |= honest
    alive = np.zeros(workers, dtype=bool)
    alive[list(near)] = unconvicted(list(near.values()), len(near))
    against, true = alive[teams].sum(axis=1), (~inside).sum(axis=1)
    return np.flatnonzero(against > true), np.flatnonzero(against == true)


def always_convicted(teams: np.ndarray, workers: int, byzantine: int) -> bool:
    """Whether `cover` is sure to convict every liar of every set of q that lies overtly.

    With S(B) the workers outside B that share a task with one in B, this holds iff

        |S(B)| > q   for every set B of 1 <= |B| <= q workers:

    liars B with few such partners escape if the other liars are among these. False also
    if that could not be settled. Branch and bound over B, as |B u S(B)| only grows with B.
    """
    near = [1 << w for w in range(workers)]
    for team in teams.tolist():
        everyone = sum({1 << w for w in team})
        for w in team:
            near[w] |= everyone
    if byzantine == 0 or min(n.bit_count() - 1 for n in near) >= 2 * byzantine:
        return True
    stack = [(0, 0, 0)]  # members, closed neighbourhood, next worker
    for _ in range(BRANCHES):
        if not stack:
            return True
        members, closed, start = stack.pop()
        for w in range(start, workers):
            more, around = members | 1 << w, closed | near[w]
            size = more.bit_count()
            if around.bit_count() - size <= byzantine:
                return False
            if size < byzantine and around.bit_count() <= 2 * byzantine:
                stack.append((more, around, w + 1))
    return False


def most_overt(
    teams: np.ndarray,
    workers: int,
    byzantine: int,
    effort: int = EFFORT,
    deadline: float | None = None,
    voted: Worst | None = None,
    unanimous: Worst | None = None,
) -> tuple[Worst, int]:
    """(the most tasks that an overt attack forges under `cover`, tasks dropped with it).

    Where every liar is always convicted nothing is forged and the tasks held by liars alone
    are dropped. voted, unanimous: `most_won` for a strict majority and for need = r, if
    known. teams: [f, r] int; 0 <= q < K/2. Exact if the search ends within `effort`.
    """
    need = teams.shape[1] // 2 + 1
    check_range(teams, workers, byzantine, need)
    if voted is None:
        voted = most_won(teams, workers, byzantine, need, effort, deadline)
    if unanimous is None:
        unanimous = most_won(teams, workers, byzantine, teams.shape[1], effort, deadline)
    if always_convicted(teams, workers, byzantine):
        return Worst(0, 0, unanimous.liars, np.zeros(0, dtype=int)), unanimous.count
    best, liars = max(
        (_score(teams, workers, guess), guess) for guess in (voted.liars, unanimous.liars)
    )
    search = Search(teams, workers, byzantine, need, best[0], effort, deadline)
    seen: set[int] = set()
    missed = -1
    for sets, values in search:
        words = search.symmetry.representatives(sets)
        for chosen, won, word in zip(sets.tolist(), values.tolist(), words.tolist(), strict=True):
            if won <= best[0] or (word and word in seen):
                continue
            seen.add(word)
            if search.out():
                missed = max(missed, won)
                break
            search.spent += 20
            score = _score(teams, workers, tuple(chosen))
            if score > best:
                best, liars = score, tuple(chosen)
                search.floor = best[0]
    top = max(best[0], min(voted.ceiling, max(missed, search.left)))
    return Worst(best[0], top, liars, forged_when_overt(teams, workers, liars)[0]), best[1]


def _score(teams: np.ndarray, workers: int, liars: tuple[int, ...]) -> tuple[int, int]:
    forged, dropped = forged_when_overt(teams, workers, liars)
    return len(forged), len(dropped)
