"""What an assignment guarantees against q liars, known before a run: exact, or bounded."""

import time
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import combinations
from math import comb
from typing import Any

import numpy as np

from robusttrain.combinatorics.bounds import expansion
from robusttrain.combinatorics.effort import SEARCH
from robusttrain.combinatorics.overt import always_convicted, most_overt
from robusttrain.combinatorics.undetected import most_undetected
from robusttrain.combinatorics.worst_case import Worst, most_won
from robusttrain.redundancy.assignment.base import Assignment


@dataclass(frozen=True, eq=False)
class Certificate:
    """The worst case over who the q liars are, for each way of lying and of judging.

    scheme: name of the assignment, as on the command line.
    workers: K.
    tasks: f.
    replication: r, copies of each task.
    load: the most tasks that a worker holds.
    byzantine: q, the liars.
    voted: tasks forged where there is a vote and no detector.
    undetected: tasks forged under `cover` by liars that choose what to lie about
        (`most_undetected` says what is exact).
    overt: tasks forged under `cover` by liars that lie about everything.
    dropped: tasks lost besides, by the liars of `overt`.
    unanimous: tasks held by liars alone, which no comparison shows and only an audit of tasks
        at random can.
    tied: even votes by the liars of `voted`.
    shared: the least and the most tasks that two workers have in common.
    convicts_all_overt: whether `cover` is sure to convict every liar that lies about everything.
    expansion: ByzShield's bound on `voted`, in tasks; None where it does not apply.
    """

    scheme: str
    workers: int
    tasks: int
    replication: int
    load: int
    byzantine: int
    voted: Worst
    undetected: Worst
    overt: Worst
    dropped: int
    unanimous: Worst
    tied: int
    shared: tuple[int, int]
    convicts_all_overt: bool
    expansion: float | None

    @property
    def attacks(self) -> dict[str, Worst]:
        """The four worst cases by name."""
        return {
            "voted": self.voted,
            "undetected": self.undetected,
            "overt": self.overt,
            "unanimous": self.unanimous,
        }

    def fraction(self, worst: Worst) -> float:
        """Share of the tasks that the liars found attain."""
        return worst.count / self.tasks

    def ceiling(self, worst: Worst) -> float:
        """Share of the tasks that no liars exceed."""
        return worst.ceiling / self.tasks

    def audit_steps(self, random: int) -> float | None:
        """Expected steps until an audit of `random` tasks a step hits one of U forged tasks.

            1 / p,   p = 1 - C(f - U, m) / C(f, m),   U = unanimous.count, m = random

        random: m distinct tasks, uniform and fresh in every step.
        None: U or m is 0, it never does. Raises ValueError if random < 0.
        """
        if random < 0:
            raise ValueError(f"audit.random={random} must be >= 0; use 0 for no audit")
        u, m = self.unanimous.count, min(random, self.tasks)
        if u == 0 or m == 0:
            return None
        return 1 / (1 - comb(self.tasks - u, m) / comb(self.tasks, m))

    def as_dict(self) -> dict[str, Any]:
        """The certificate in numbers, strings and lists, for JSON."""
        worst_cases = {
            name: {
                "count": worst.count,
                "ceiling": worst.ceiling,
                "exact": worst.exact,
                "fraction": self.fraction(worst),
                "liars": [int(w) for w in worst.liars],
                "tasks": [int(t) for t in worst.tasks],
            }
            for name, worst in self.attacks.items()
        }
        return {
            "scheme": self.scheme,
            "workers": self.workers,
            "tasks": self.tasks,
            "replication": self.replication,
            "load": self.load,
            "byzantine": self.byzantine,
            "dropped": self.dropped,
            "tied": self.tied,
            "convicts_all_overt": self.convicts_all_overt,
            "expansion": self.expansion,
            "shared": list(self.shared),
            **worst_cases,
        }


def certify(
    assignment: Assignment,
    workers: int,
    byzantine: int,
    effort: int = SEARCH,
    deadline: float | None = None,
) -> Certificate:
    """The certificate of `assignment` for K workers of which q may lie; remembered.

    By the closed forms of the assignment where it has them, else by search.

    workers: K. byzantine: q, 0 <= 2q < K.
    effort: units of `effort.SEARCH`, for each search; the same result on every machine.
    deadline: a time.monotonic() for all searches together, None for none.
    Raises ValueError if there is no such scheme or if 2q >= K.

    >>> from robusttrain.redundancy.assignment.subset import Subset
    >>> certificate = certify(Subset(3), workers=15, byzantine=3)
    >>> certificate.tasks, certificate.voted.count, certificate.undetected.count
    (455, 37, 10)
    """
    if not 0 <= 2 * byzantine < workers:
        raise ValueError(
            f"byzantine={byzantine} must be from 0 to {(workers - 1) // 2} for workers={workers}: "
            "with half of them lying nothing can be decided; lower it"
        )
    return _certify(_scheme(assignment, workers), byzantine, effort, deadline)


@dataclass(frozen=True)
class _Scheme:
    """An assignment at one K; equal to another iff the teams are, under the same name.

    name: of the assignment. workers: K. replication: r.
    content: the teams, int64, as bytes: a key for the memory of `_certify`.
    assignment: for its closed forms.
    """

    name: str
    workers: int
    replication: int
    content: bytes
    assignment: Assignment = field(compare=False)

    @property
    def teams(self) -> np.ndarray:
        return np.frombuffer(self.content, dtype=np.int64).reshape(-1, self.replication)

    @property
    def need(self) -> int:
        return self.replication // 2 + 1


def _scheme(assignment: Assignment, workers: int) -> _Scheme:
    teams = assignment.teams(workers).astype(np.int64)
    name = type(assignment).__name__.lower()
    return _Scheme(name, workers, teams.shape[1], teams.tobytes(), assignment)


@lru_cache(maxsize=256)
def _certify(scheme: _Scheme, q: int, effort: int, deadline: float | None) -> Certificate:
    teams, workers, r = scheme.teams, scheme.workers, scheme.replication
    voted = _voted(scheme, q, scheme.need, effort, _share(deadline, 4))
    unanimous = _voted(scheme, q, r, effort, _share(deadline, 3))
    undetected = _undetected(scheme, q, voted, effort, _share(deadline, 2))
    overt, dropped = most_overt(teams, workers, q, effort, deadline, voted, unanimous)
    pairs = _meetings(teams, workers)
    return Certificate(
        scheme=scheme.name,
        workers=workers,
        tasks=len(teams),
        replication=r,
        load=int(np.bincount(teams.ravel()).max()),
        byzantine=q,
        voted=voted,
        undetected=undetected,
        overt=overt,
        dropped=dropped,
        unanimous=unanimous,
        tied=int((2 * np.isin(teams, voted.liars).sum(axis=1) == r).sum()),
        shared=(int(pairs.min()), int(pairs.max())) if len(pairs) else (0, 0),
        convicts_all_overt=always_convicted(teams, workers, q, deadline),
        expansion=expansion(teams, workers, q, scheme.need),
    )


def _meetings(teams: np.ndarray, workers: int) -> np.ndarray:
    """[K (K-1) / 2] int: how many tasks each pair of workers shares, from teams in order."""
    counts = np.zeros(workers * workers, dtype=np.int64)
    for i, j in combinations(range(teams.shape[1]), 2):
        counts += np.bincount(teams[:, i] * workers + teams[:, j], minlength=len(counts))
    return counts.reshape(workers, workers)[np.triu_indices(workers, 1)]


def _voted(scheme: _Scheme, q: int, need: int, effort: int, deadline: float | None) -> Worst:
    known = scheme.assignment.worst(scheme.workers, q, need)
    return known or most_won(scheme.teams, scheme.workers, q, need, effort, deadline)


def _undetected(
    scheme: _Scheme, q: int, voted: Worst, effort: int, deadline: float | None
) -> Worst:
    known = scheme.assignment.undetected(scheme.workers, q)
    return known or most_undetected(scheme.teams, scheme.workers, q, effort, deadline, voted)


def _share(deadline: float | None, parts: int) -> float | None:
    """The end of the first of `parts` equal parts of the time left."""
    now = time.monotonic()
    return None if deadline is None else now + max(0.0, deadline - now) / parts
