"""The q workers that could do the most harm to an assignment, found exactly or bounded."""

from dataclasses import dataclass

import numpy as np

from robusttrain.combinatorics.bounds import ceiling, incidence
from robusttrain.combinatorics.effort import (
    CLIMB_EXCHANGES,
    CLIMB_PRODUCTS,
    CLIMB_STARTS,
    SEARCH,
    late,
)
from robusttrain.combinatorics.liar_search import LiarSearch
from robusttrain.rng import stream


@dataclass(frozen=True, eq=False)
class Worst:
    """What the worst set of liars found attains, and what none can exceed.

    count: tasks won by the liars found, <= ceiling.
    ceiling: tasks that no set of liars exceeds; equal to `count` iff the answer is exact.
    liars: the set found, ascending.
    tasks: [count] int. The tasks that they win, ascending.
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
    effort: int = SEARCH,
    deadline: float | None = None,
) -> Worst:
    """The q liars that have at least `need` members in the most teams.

        max over A, |A| = q, of #{t: |A n t| >= need}

    Exact if the search ends within `effort` and before `deadline`; else `count` is the best
    set found and `ceiling` a proven bound.

    teams: [f, r] int < K = workers, the holders of each task.
    byzantine: q, 0 <= q <= K.
    need: copies that win a task, 1 <= need <= r.
    effort: units of `effort.SEARCH`. deadline: a time.monotonic(), None for none.
    Raises ValueError out of range.

    >>> teams = np.array([[0, 1, 2], [0, 1, 3], [2, 3, 4]])
    >>> worst = most_won(teams, workers=5, byzantine=2, need=2)
    >>> worst.count, worst.ceiling, worst.liars
    (2, 2, (0, 1))
    """
    check_range(teams, workers, byzantine, need)
    best = climb(teams, workers, byzantine, need, deadline)
    count = int(_won(teams, best, need).sum())
    top = ceiling(teams, workers, byzantine, need)
    # A first guess that attains a proven bound needs no search.
    if count < top:
        search = LiarSearch(teams, workers, byzantine, need, count, effort, deadline)
        for sets, values in search:
            if values.max() > search.floor:
                best, search.floor = sets[values.argmax()], int(values.max())
            if search.floor >= top:
                break
        # Whatever was not looked at wins at most `left`; all else at most `floor`.
        count, top = search.floor, min(top, max(search.floor, search.left))
    liars = tuple(sorted(int(w) for w in best))
    return Worst(count, top, liars, np.flatnonzero(_won(teams, best, need)))


def check_range(teams: np.ndarray, workers: int, byzantine: int, need: int) -> None:
    """Raise ValueError unless 0 <= q <= K and 1 <= need <= r."""
    if not 0 <= byzantine <= workers:
        raise ValueError(f"byzantine={byzantine} must be from 0 to workers={workers}")
    if not 1 <= need <= teams.shape[1]:
        raise ValueError(f"need={need} must be from 1 to the {teams.shape[1]} holders of a task")


def climb(
    teams: np.ndarray, workers: int, byzantine: int, need: int, deadline: float | None = None
) -> np.ndarray:
    """[q] int: a good set of liars, by exchanging one worker at a time until none improves.

    Maximises tasks won, then the sum of squares of the copies that count towards a win; the
    random starts come from a fixed stream. Arguments as of `most_won`; proves nothing.
    """
    held = incidence(teams, workers)
    rng = stream(0, "climb")
    gain = np.minimum(np.arange(teams.shape[1] + 2), need) ** 2 * 1e-5
    gain[need:] += 1

    def score(counts: np.ndarray) -> np.ndarray:
        return gain[counts].sum(axis=-1)

    best, high = np.arange(byzantine), -1.0
    cost = 1 + byzantine**2 * (workers - byzantine) * len(teams)
    for _ in range(min(CLIMB_STARTS, 2 + CLIMB_PRODUCTS // cost)):
        inside = np.sort(rng.permutation(workers)[:byzantine])
        now = float(score(held[:, inside].sum(axis=1)))
        for _ in range(CLIMB_EXCHANGES * workers):
            outside = np.setdiff1d(np.arange(workers), inside)
            if not len(inside) or not len(outside) or late(deadline):
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


def _won(teams: np.ndarray, liars: np.ndarray, need: int) -> np.ndarray:
    return np.isin(teams, liars).sum(axis=1) >= need
