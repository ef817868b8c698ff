"""The overt attack under the `cover` detector: every liar lies about every task it holds."""

import numpy as np

from robusttrain.combinatorics.effort import GROUPS, SEARCH, late
from robusttrain.combinatorics.liar_search import LiarSearch
from robusttrain.combinatorics.unconvicted import unconvicted
from robusttrain.combinatorics.worst_case import Worst, check_range, most_won


def forged_when_overt(
    teams: np.ndarray, workers: int, liars: tuple[int, ...]
) -> tuple[np.ndarray, np.ndarray]:
    """(tasks forged, tasks dropped) when `liars` lie in unison about all that they hold.

    `cover` throws out the copies of the liars it convicts; a task is forged if liars are a
    strict majority of the copies left, and dropped if nobody is. Both results: [n] int, ascending.

    teams: [f, r] int < K = workers, the holders of each task.
    """
    lying = np.zeros(workers, dtype=bool)
    lying[list(liars)] = True
    inside = lying[teams]
    neighbours = dict.fromkeys(map(int, liars), 0)
    for team in teams.tolist():
        honest = sum(1 << w for w in team if not lying[w])
        for w in team:
            if lying[w]:
                neighbours[w] |= honest
    spared = np.zeros(workers, dtype=bool)
    spared[list(neighbours)] = unconvicted(list(neighbours.values()), len(neighbours))
    false, true = spared[teams].sum(axis=1), (~inside).sum(axis=1)
    return np.flatnonzero(false > true), np.flatnonzero(false == true)


def always_convicted(
    teams: np.ndarray, workers: int, byzantine: int, deadline: float | None = None
) -> bool:
    """Whether `cover` is sure to convict every liar of every set of q that lies overtly.

    With S(B) the workers outside B that share a task with one in B, this holds iff

        |S(B)| > q   for every set B of 1 <= |B| <= q workers:

    the liars B outside a cover C have S(B) within C, so |S(B)| <= q; and if |S(B)| <= q, B escape
    together with other liars from S(B), as S(B) then covers the disagreements. False also if that
    could not be settled within `effort.GROUPS`, or before `deadline`.

    teams: [f, r] int < K = workers, the holders of each task. byzantine: q, 0 <= q <= K.
    deadline: a time.monotonic(), None for none.

    >>> always_convicted(np.array([[0, 1, 2], [3, 4, 5]]), workers=6, byzantine=2)
    False
    """
    partners = [1 << w for w in range(workers)]  # bit sets B u S(B), for B of one worker
    for team in teams.tolist():
        everyone = sum({1 << w for w in team})
        for w in team:
            partners[w] |= everyone
    # |B u S(B)| > 2 q for B of one worker, and so for all B, as it only grows with B.
    if byzantine == 0 or min(n.bit_count() - 1 for n in partners) >= 2 * byzantine:
        return True
    stack = [(0, 0, 0)]  # B, B u S(B), the next worker
    for _ in range(GROUPS):
        if not stack:
            return True
        if late(deadline):
            return False
        members, closed, start = stack.pop()
        for w in range(start, workers):
            more, around = members | 1 << w, closed | partners[w]
            size = more.bit_count()
            if around.bit_count() - size <= byzantine:
                return False
            # |B u S(B)| > 2 q => |S(B')| > q for all B' that contain B, as |B'| <= q.
            if size < byzantine and around.bit_count() <= 2 * byzantine:
                stack.append((more, around, w + 1))
    return False


def most_overt(
    teams: np.ndarray,
    workers: int,
    byzantine: int,
    effort: int = SEARCH,
    deadline: float | None = None,
    voted: Worst | None = None,
    unanimous: Worst | None = None,
) -> tuple[Worst, int]:
    """(the most tasks that an overt attack forges under `cover`, tasks dropped with it).

    Exact if the search ends within `effort`. Where every liar is always convicted nothing is
    forged, and the tasks held by liars alone are dropped.

    teams: [f, r] int < K = workers, the holders of each task.
    byzantine: q, 0 <= q < K/2.
    effort: units of `effort.SEARCH`. deadline: a time.monotonic(), None for none.
    voted, unanimous: `most_won` for a strict majority and for need = r, where they are known.
    """
    need = teams.shape[1] // 2 + 1
    check_range(teams, workers, byzantine, need)
    if voted is None:
        voted = most_won(teams, workers, byzantine, need, effort, deadline)
    if unanimous is None:
        unanimous = most_won(teams, workers, byzantine, teams.shape[1], effort, deadline)
    if always_convicted(teams, workers, byzantine, deadline):
        return Worst(0, 0, unanimous.liars, np.zeros(0, dtype=int)), unanimous.count
    best, liars = max(
        (_score(teams, workers, guess), guess) for guess in (voted.liars, unanimous.liars)
    )
    search = LiarSearch(teams, workers, byzantine, need, best[0], effort, deadline)
    # forged <= won by vote, as a liars' majority of the copies left is one of all copies: sets
    # that win no more than the floor are out, and those left over win at most `left`.
    for chosen, _ in search.orbits():
        search.spent += 20
        score = _score(teams, workers, chosen)
        if score > best:
            best, liars = score, chosen
            search.floor = best[0]
    top = max(best[0], min(voted.ceiling, search.left))
    return Worst(best[0], top, liars, forged_when_overt(teams, workers, liars)[0]), best[1]


def _score(teams: np.ndarray, workers: int, liars: tuple[int, ...]) -> tuple[int, int]:
    """(number of tasks forged, number dropped)."""
    forged, dropped = forged_when_overt(teams, workers, liars)
    return len(forged), len(dropped)
