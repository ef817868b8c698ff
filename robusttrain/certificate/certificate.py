"""What an assignment guarantees against q liars, known before a run: exact, or bounded."""

import time
from dataclasses import dataclass, field
from functools import lru_cache
from math import comb
from typing import Any

import numpy as np

from robusttrain.combinatorics.bounds import expansion, incidence
from robusttrain.combinatorics.effort import SEARCH
from robusttrain.combinatorics.overt import always_convicted, most_overt
from robusttrain.combinatorics.undetected import most_undetected
from robusttrain.combinatorics.worst_case import Worst, most_won
from robusttrain.redundancy.assignment.base import Assignment

DIGEST = 32  # bytes
SHORT = 8  # entries of a list that a person is shown


@dataclass(frozen=True, eq=False)
class Certificate:
    """The worst case over who the q liars are, for each way of lying and of judging.

    voted: tasks forged where there is a vote and no detector. undetected: forged under `cover`
    by liars that choose what to lie about (`most_undetected` says what is exact). overt: forged
    under `cover` if they lie about everything; `dropped`: tasks lost besides, by the same
    liars. unanimous: tasks held by liars alone, which no comparison shows and only an audit
    of tasks at random can. tied: even votes by the liars of `voted`. shared: least and most
    tasks that two workers have in common. convicts_all_overt: `cover` is sure to convict
    every liar that lies about everything. expansion: ByzShield's bound on `voted`, if any.
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
        return {name: getattr(self, name) for name in ("voted", "undetected", "overt", "unanimous")}

    def fraction(self, worst: Worst) -> float:
        """Share of the tasks that the liars found attain."""
        return worst.count / self.tasks

    def ceiling(self, worst: Worst) -> float:
        """Share of the tasks that no liars exceed."""
        return worst.ceiling / self.tasks

    def audit_steps(self, random: int) -> float | None:
        """Expected steps until an audit of `random` tasks a step hits one of U forged tasks.

            1 / p,   p = 1 - C(f - U, m) / C(f, m),   U = unanimous.count, m = random

        m distinct tasks, uniform and fresh in every step. None: U or m is 0, it never does.
        Raises ValueError if random < 0.
        """
        if random < 0:
            raise ValueError(f"audit.random={random} must be >= 0; use 0 for no audit")
        u, m = self.unanimous.count, min(random, self.tasks)
        if u == 0 or m == 0:
            return None
        return 1 / (1 - comb(self.tasks - u, m) / comb(self.tasks, m))

    def lines(self, random: int = 0) -> list[str]:
        """The certificate for a person; random: tasks that are audited at random per step."""
        copies = self.tasks * self.replication
        steps = self.audit_steps(random)
        low, high = self.shared
        return [
            f"{self.scheme}: {self.workers} workers, {self.tasks} tasks, {self.replication} "
            f"copies of each, at most {self.load} tasks a worker; {self.byzantine} may lie",
            f"vote alone: {self._forged(self.voted)}" + self._ties(),
            f"vote and cover: {self._forged(self.undetected)}",
            f"lying about everything: {self._forged(self.overt)}, {self.dropped} dropped; "
            + self._detection(),
            f"held by liars alone: {self._amount(self.unanimous)}; no comparison can show "
            "these" + self._audit(random, steps),
            f"two workers share {low} tasks" if low == high else f"two share {low} to {high} tasks",
            f"cost of a step: {copies} gradients computed, {_size(DIGEST * copies)} of digests, "
            f"at most {self.tasks} gradients sent",
        ]

    def as_dict(self) -> dict[str, Any]:
        """The certificate in numbers, strings and lists, for JSON."""
        plain = ("scheme", "workers", "tasks", "replication", "load", "byzantine", "dropped")
        more = ("tied", "convicts_all_overt", "expansion")
        worst = {
            name: {
                "count": w.count,
                "ceiling": w.ceiling,
                "exact": w.exact,
                "fraction": self.fraction(w),
                "liars": [int(x) for x in w.liars],
                "tasks": [int(t) for t in w.tasks],
            }
            for name, w in self.attacks.items()
        }
        values = {name: getattr(self, name) for name in plain + more}
        return {**values, "shared": list(self.shared), **worst}

    def _amount(self, worst: Worst) -> str:
        """How many tasks, as a number or as an interval."""
        if worst.exact:
            return f"{worst.count} of {self.tasks} tasks ({self.fraction(worst):.1%})"
        return (
            f"between {worst.count} and {worst.ceiling} (bound) of {self.tasks} tasks "
            f"({self.fraction(worst):.1%} to {self.ceiling(worst):.1%})"
        )

    def _forged(self, worst: Worst) -> str:
        text = f"{self._amount(worst)} forged at worst"
        if worst.count:
            text += f", by workers {_short(worst.liars)}, tasks {_short(worst.tasks.tolist())}"
        return text

    def _ties(self) -> str:
        return f"; {self.tied} more tied and dropped" if self.tied else ""

    def _detection(self) -> str:
        if self.byzantine == 0:
            return "nobody to convict"
        if self.convicts_all_overt:
            return "all liars are convicted in that step, whoever they are"
        return "some sets of liars may escape conviction"

    def _audit(self, random: int, steps: float | None) -> str:
        if self.unanimous.count == 0:
            return ""
        if steps is None:
            return "; only an audit of tasks at random would (audit.random)"
        return f"; an audit of {random} random tasks a step hits one after {steps:.1f} steps"


def certify(
    assignment: Assignment,
    workers: int,
    byzantine: int,
    effort: int = SEARCH,
    deadline: float | None = None,
) -> Certificate:
    """The certificate of `assignment` for K = `workers` and q = `byzantine` liars, 2q < K.

    By the closed forms of the assignment where it has them, else by search within `effort`
    (sets of liars; the same result on every machine) and before `deadline`, a
    time.monotonic(). Remembered. Raises ValueError if there is no such scheme or if 2q >= K.
    """
    if not 0 <= 2 * byzantine < workers:
        raise ValueError(
            f"byzantine={byzantine} must be from 0 to {(workers - 1) // 2} for workers={workers}: "
            "with half of them lying nothing can be decided; lower it"
        )
    return _certify(_scheme(assignment, workers), byzantine, effort, deadline)


@dataclass(frozen=True)
class _Scheme:
    """An assignment at one K; equal to another iff the teams are, under the same name."""

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
    held = incidence(teams, workers).astype(int)
    pairs = (held.T @ held)[np.triu_indices(workers, 1)]
    return Certificate(
        scheme=scheme.name,
        workers=workers,
        tasks=len(teams),
        replication=r,
        load=int(held.sum(axis=0).max()),
        byzantine=q,
        voted=voted,
        undetected=undetected,
        overt=overt,
        dropped=dropped,
        unanimous=unanimous,
        tied=int((2 * np.isin(teams, voted.liars).sum(axis=1) == r).sum()),
        shared=(int(pairs.min()), int(pairs.max())) if len(pairs) else (0, 0),
        convicts_all_overt=always_convicted(teams, workers, q),
        expansion=expansion(teams, workers, q, scheme.need),
    )


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


def _short(items: Any) -> str:
    """The first entries of a list, and how many more there are."""
    shown = " ".join(str(int(i)) for i in list(items)[:SHORT])
    return shown + (f" and {len(items) - SHORT} more" if len(items) > SHORT else "")


def _size(count: int) -> str:
    return f"{count / 1000:.1f} KB" if count < 10**6 else f"{count / 10**6:.1f} MB"
