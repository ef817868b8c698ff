"""Who is in, who is out, and who is on the way back: the server's memory of convictions."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from robusttrain.certificate.scheme import Scheme
from robusttrain.defense.defense import Outcome
from robusttrain.membership.planner import EVICTED, MEMBER, PROBATION
from robusttrain.types import DROPPED, Claims, Sources

log = logging.getLogger(__name__)


@dataclass(eq=False)
class Membership:
    """Evicts convicted workers from the next step on, and readmits those that prove clean.

    evict: whether to, which assumes that the liars are the same machines throughout;
    clean_steps: None, or after how many steps in a row in which all shadow copies of an
    evicted worker agreed with the copies that were believed it is a member again (a step
    that settles none of them does not count). feasible(status) -> Scheme: what the survivors
    would go on with; where it raises ValueError the worker stays in the plan, distrusted.
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
        if not idle and type(scheme.assignment) is type(self.feasible(before).assignment):
            return [f"worker {worker} {word}"]
        return [f"worker {worker} {word}, now {scheme}" + f", {idle} idle" * (idle > 0)]

    @staticmethod
    def _shadows(claims: Claims, sources: Sources) -> dict[int, bool]:
        """worker -> whether its shadows agree with what was believed; the unsettled left out."""
        found: dict[int, bool] = {}
        for (worker, task), said in zip(claims.plan.shadows.tolist(), claims.shadows, strict=True):
            source = sources.workers[task]
            if source != DROPPED:
                slot = int((claims.plan.teams[task] == source).argmax())
                found[worker] = found.get(worker, True) and said == claims.classes[task, slot]
        return found
