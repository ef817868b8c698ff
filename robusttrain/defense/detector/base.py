"""Detectors: convict the workers that must have lied, given who agrees with whom."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from logging import getLogger
from typing import Any, ClassVar

import numpy as np
import torch

from robusttrain.combinatorics.vertex_cover import Forced, forced
from robusttrain.types import Claims, Hearing, Plan, Verdict

CUT_SHORT = "the search for covers was cut short: only those proved until then are convicted"


class Detector(ABC):
    """Reads claims, never rows, and never knows who is Byzantine.

    A detector that remembers may be asked again within a step, with fewer claims: the last
    call replaces what the step said before. Workers convicted in between belong in
    `plan.evicted`: they explain their disagreements, past ones too, and q excludes them.

    complete: bool. It convicts everyone who, on the step's evidence, must have lied.
    """

    complete: ClassVar[bool] = False

    @property
    def concedes(self) -> str:
        """Which part of a certificate bounds the tasks that can be forged under this detector."""
        return "undetected" if self.complete else "voted"

    @property
    def current(self) -> bool:
        """Whether the convicted lie in this very step if the detector's assumptions hold.

        If not, as many convicted as liars assumed does not mean that no liar is left.
        """
        return True

    @abstractmethod
    def inspect(self, hearing: Hearing) -> Verdict:
        """The verdict of this step; silent workers are absent in it, not convicted for that."""


def unheard(plan: Plan, claims: Claims) -> dict[int, str]:
    """The workers that hold a task and said nothing."""
    mute = np.zeros(plan.workers, dtype=bool)
    mute[plan.teams] = True
    mute[plan.shadows[:, 0]] = True
    return {int(w): "silent" for w in np.flatnonzero(mute & ~claims.speakers)}


def unexplained(graph: np.ndarray, plan: Plan) -> np.ndarray:
    """The graph(s) [..., K, K] without the edges of evicted workers, who explain them."""
    kept = np.ones(plan.workers, dtype=bool)
    kept[list(plan.evicted)] = False
    return graph & kept & kept[:, None]


@dataclass
class Ledger:
    """The disagreements of all steps, evidence for as long as the liars stay the same.

    step: int or None. The step that was entered last; entered again, it replaces what it said.
    past: [K, K] bool or None. Disagreements of the steps before `step`.
    current: [K, K] bool or None. Disagreements of `step`.
    afresh: bool. The past does not count from this step on, unless the step is entered again.
    """

    step: int | None = None
    past: np.ndarray | None = None
    current: np.ndarray | None = None
    afresh: bool = False

    def state_dict(self) -> dict[str, Any]:
        """All that it holds."""
        graphs = {"past": self.past, "current": self.current}
        held = {k: torch.from_numpy(g.copy()) for k, g in graphs.items() if g is not None}
        return {"step": self.step, "afresh": self.afresh, **held}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from a `state_dict`."""
        self.step, self.afresh = state["step"], state["afresh"]
        self.past, self.current = (
            state[key].numpy() if key in state else None for key in ("past", "current")
        )

    def enter(self, plan: Plan, graph: np.ndarray) -> np.ndarray:
        """The union [K, K] bool of `graph`, this step's, and of all before, less the evicted."""
        if self.past is None or self.current is None:
            self.past = np.zeros_like(graph)
        elif plan.step != self.step:
            before = self.current if self.afresh else self.past | self.current
            self.past = unexplained(before, plan)
        self.step, self.current, self.afresh = plan.step, graph, False
        return unexplained(self.past | graph, plan)


def judge(hearing: Hearing, ledger: Ledger | None) -> tuple[np.ndarray, Forced, str]:
    """(evidence [K, K] bool, who must have lied by it, what an operator should know).

    Without a ledger the evidence is the step's disagreements. With one, it is all that the
    ledger holds; if no q fixed liars explain that but q explain this step, the liars have
    changed: the past is forgotten.
    """
    plan, q, notes = hearing.plan, hearing.byzantine, list[str]()
    evidence = graph = unexplained(hearing.claims.disagreements, plan)
    if ledger is not None:
        evidence = ledger.enter(plan, graph)
    liars = forced(evidence, q)
    if ledger is not None and not liars.feasible:
        liars_now = forced(graph, q)
        if liars_now.feasible:
            ledger.afresh = True
            notes.append(f"the ledger contradicts {q} fixed liars and starts afresh")
            evidence, liars = graph, liars_now
    if not liars.exact:
        warn_once(CUT_SHORT)
        notes.append(CUT_SHORT)
    return evidence, liars, "; ".join(notes)


@cache
def warn_once(message: str) -> None:
    getLogger("robusttrain").warning(message)
