"""Which scheme the survivors go on with when workers are evicted."""

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

from robusttrain.certificate.certificate import Certificate, certify
from robusttrain.combinatorics.effort import RUN
from robusttrain.redundancy.assignment.base import Assignment
from robusttrain.redundancy.assignment.repetition import Repetition
from robusttrain.redundancy.assignment.subset import Subset


@dataclass(frozen=True, eq=False)
class Scheme:
    """An assignment to those workers that hold tasks.

    assignment: to 0..n-1, n = len(members); worker i of it is members[i].
    workers: K, all that there were at the start.
    members: the workers that hold tasks, ascending.
    byzantine: q, the liars assumed among the members.
    """

    assignment: Assignment
    workers: int
    members: tuple[int, ...]
    byzantine: int

    @cached_property
    def teams(self) -> np.ndarray:
        """[f, r] int: the holders of each task, ascending."""
        return np.asarray(self.members)[self.assignment.teams(len(self.members))]

    @cached_property
    def certificate(self) -> Certificate:
        return certify(self.assignment, len(self.members), self.byzantine, effort=RUN)

    def __str__(self) -> str:
        return f"{self.assignment} on {len(self.members)} workers"


@lru_cache(maxsize=64)
def scheme(start: Scheme, out: tuple[int, ...], batch: int) -> Scheme:
    """The scheme for the workers that are not `out`: the same one if it exists for so many.

    Otherwise, of the same one for fewer workers, all subsets, and repetition in groups, with
    the same replication and at most `batch` tasks: the one that would concede the smallest
    share of its tasks to as many liars as were assumed at the start, then the one with the
    fewest copies. Whoever is out was a liar, so as many fewer are assumed from now on.

    start: the scheme with all workers.
    out: the evicted workers, ascending.
    batch: samples in a step: a task needs one at least.
    Raises ValueError if there is none.
    """
    if not out:
        return start
    left = tuple(w for w in range(start.workers) if w not in out)
    byzantine = max(0, min(start.byzantine - len(out), (len(left) - 1) // 2))
    same, copies = start.assignment, start.assignment.replication
    fit = []
    for assignment in (same, Subset(copies), Repetition(copies)) if copies > 1 else (same,):
        size = largest(assignment, len(left))
        if size > 2 * byzantine:
            candidate = Scheme(assignment, start.workers, left[:size], byzantine)
            if len(candidate.teams) <= batch:
                if size == len(left) and assignment is same:
                    return candidate
                fit.append(candidate)
    if not fit:
        raise ValueError(f"no scheme with {copies} copies of a task exists for {len(left)} workers")
    return min(fit, key=lambda s: (conceded_share(s, start.byzantine), s.teams.size))


def conceded_share(scheme: Scheme, byzantine: int) -> float:
    """The share of tasks that so many liars, or just under half, can forge under `cover`."""
    size = len(scheme.members)
    certificate = certify(scheme.assignment, size, min(byzantine, (size - 1) // 2), effort=RUN)
    return certificate.ceiling(certificate.undetected)


def largest(assignment: Assignment, workers: int) -> int:
    """The largest K <= `workers` for which there is such an assignment; 0 if there is none.

    >>> largest(Repetition(3), 14)
    12
    """
    sizes = range(workers, 0, -1)
    return next((k for k in sizes if assignment.obstacle(k) is None), 0)
