"""Membership of workers: eviction after conviction, probation, readmission."""

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from robusttrain.certificate.scheme import Scheme
from robusttrain.defense.defense import Outcome
from robusttrain.membership.planner import EVICTED, MEMBER, PROBATION
from robusttrain.types import DROPPED, Claims, Sources

log = logging.getLogger(__name__)


@dataclass(eq=False)
class Membership:
    """Evicts convicted workers from the next step on, and readmits those that prove clean.

    workers: K, int.
    evict: bool. Whether to evict, which assumes that the liars stay the same machines.
    clean_steps: int or None. An evicted worker is a member again after so many clean steps in a
        row. A step is clean if all its shadow copies agree with the copies that were believed;
        one that settles none of them does not count. None: it never comes back.
    feasible: status [K] -> the scheme that the survivors would go on with. Where it raises
        ValueError the worker stays in the plan, distrusted.
    status: [K] uint8. MEMBER, EVICTED or PROBATION; replaced, never changed in place.
    clean: worker -> clean steps in a row.
    refused: (worker, word) of changes that were not feasible and have been reported.
    """

    workers: int
    evict: bool
    clean_steps: int | None
    feasible: Callable[[np.ndarray], Scheme]
    status: np.ndarray = field(init=False)
    clean: dict[int, int] = field(init=False, default_factory=dict)
    refused: set[tuple[int, str]] = field(init=False, default_factory=set)

    def __post_init__(self) -> None:
        self.status = np.full(self.workers, MEMBER, dtype=np.uint8)

    def state_dict(self) -> dict[str, Any]:
        """Who is a member, and what has been noted of the others."""
        refused = [list(pair) for pair in sorted(self.refused)]
        return {"status": self.status.tolist(), "clean": dict(self.clean), "refused": refused}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from a `state_dict`."""
        self.status = np.array(state["status"], dtype=np.uint8)
        self.clean = dict(state["clean"])
        self.refused = {(worker, word) for worker, word in state["refused"]}

    def review(self, claims: Claims, outcome: Outcome) -> list[str]:
        """Change the status of workers after a step; returns what changed, for the log."""
        if not self.evict:
            return []
        changes = []
        out = EVICTED if self.clean_steps is None else PROBATION
        for worker in sorted(outcome.verdict.convicted):
            if self.status[worker] == MEMBER:
                changes += self._move(worker, out, "evicted")
        for worker, clean in self._shadows(claims, outcome.sources).items():
            self.clean[worker] = self.clean.get(worker, 0) + 1 if clean else 0
            if self.clean_steps is not None and self.clean[worker] >= self.clean_steps:
                changes += self._move(worker, MEMBER, "readmitted")
        return changes

    def evict_now(self, workers: Iterable[int]) -> list[str]:
        """Evict members for what earlier starts have proved; returns what changed, for the log."""
        return [line for worker in workers for line in self._move(worker, EVICTED, "evicted")]

    def _move(self, worker: int, status: int, word: str) -> list[str]:
        before, after = self.status, self.status.copy()
        after[worker] = status
        try:
            scheme = self.feasible(after)
        except ValueError as error:
            if (worker, word) in self.refused:
                return []
            self.refused.add((worker, word))
            return [f"worker {worker} cannot be {word}: {error}"]
        self.status = after
        self.clean.pop(worker, None)
        self.refused.clear()
        idle = int(np.count_nonzero(after == MEMBER)) - len(scheme.members)
        if idle:
            return [f"worker {worker} {word}, now {scheme}, {idle} idle"]
        if type(scheme.assignment) is type(self.feasible(before).assignment):
            return [f"worker {worker} {word}"]
        return [f"worker {worker} {word}, now {scheme}"]

    @staticmethod
    def _shadows(claims: Claims, sources: Sources) -> dict[int, bool]:
        """worker -> whether its shadows agree with what was believed; the unsettled left out."""
        clean: dict[int, bool] = {}
        for (worker, task), said in zip(claims.plan.shadows.tolist(), claims.shadows, strict=True):
            source = sources.workers[task]
            if source != DROPPED:
                slot = int((claims.plan.teams[task] == source).argmax())
                clean[worker] = clean.get(worker, True) and said == claims.classes[task, slot]
        return clean
