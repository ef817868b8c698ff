"""Aspis+'s degree rule: disagreements add up over a window of steps."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch

from robusttrain.combinatorics.vertex_cover import forced
from robusttrain.defense.detector.base import CUT_SHORT, Detector, unexplained, unheard, warn_once
from robusttrain.names import counted
from robusttrain.types import Hearing, Plan, Verdict
from robusttrain.values import check_whole

RULES = ("degree", "cover")
CHANGED = "the liars changed more often in this window than assumed: judged by this step alone"


@dataclass
class Window:
    """The disagreements of each step since the current window began.

    number: int or None. The window's number; None before the first.
    graphs: step -> [K, K] bool.
    """

    number: int | None = None
    graphs: dict[int, np.ndarray] = field(default_factory=dict)

    def state_dict(self) -> dict[str, Any]:
        """All that it holds."""
        graphs = {step: torch.from_numpy(graph.copy()) for step, graph in self.graphs.items()}
        return {"number": self.number, "graphs": graphs}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from a `state_dict`."""
        self.number = state["number"]
        self.graphs = {step: graph.numpy() for step, graph in state["graphs"].items()}

    def enter(self, number: int, plan: Plan, graph: np.ndarray) -> np.ndarray:
        """[n, K, K] bool: the window's steps up to this one, less the evicted."""
        earlier = self.graphs if number == self.number else {}
        self.graphs = {s: g for s, g in earlier.items() if s < plan.step} | {plan.step: graph}
        self.number = number
        return unexplained(np.stack(list(self.graphs.values())), plan)


@dataclass(frozen=True)
class Degree(Detector):
    """Convicts those who, by the disagreements since the window began, must have lied in it.

    For each step s of the window at which the liars may have changed,

        liars(s) = liars by the evidence before s, and by the evidence from s on;

    a worker is convicted iff it is in liars(s) for all s. A step s whose evidence no q liars
    explain is ruled out. If all s are, the liars changed more often than assumed: then the
    verdict's note says so and until the next window each step is judged by itself, which takes
    no assumption but q; `overwhelmed` if q liars do not explain even that.

    On assignments in which pairs share few tasks it takes a plan that changes every step: liars
    who win votes by majority only disagree with q - 1 workers under any fixed plan. Liars who
    disagree with the same q honest workers for ever are never convicted.

    window: int >= 1, steps. A window begins at the steps s with s = offset (mod window).
    offset: int in 0..window-1, steps.
    changes: 0, as published: at most q liars, the same in the whole window; if they change within
        it, honest workers may be convicted. 1: at most q at a time, which may have changed once,
        at a step that is not known; the convicted lied in some step of the window, not
        necessarily in this one.
    rule: who lied by a graph. "degree", as published: who disagrees with more than q workers.
        "cover": who is in every vertex cover of size <= q, which includes those.
    Cost: one graph a step kept, [window, K, K] bool; rule=cover solves 2 x window graphs.
    Source: Konstantinidis and Ramamoorthy, Aspis+, IEEE/ACM Transactions on Networking (2023).
    """

    window: int
    offset: int
    changes: int
    rule: str
    memory: Window = field(init=False, default_factory=Window, repr=False, compare=False)

    def __post_init__(self) -> None:
        check_whole("detector.window", self.window, 1, use=50)
        check_whole("detector.offset", self.offset, 0, use=0)
        if self.offset >= self.window:
            raise ValueError(
                f"detector.offset={self.offset} must be in 0..{self.window - 1}, less than "
                "detector.window; use 0"
            )
        if self.changes not in (0, 1):
            raise ValueError(
                f"detector.changes={self.changes} must be 0 (liars fixed within a window) or 1 "
                "(they may change once); if they change more often, use detector=cover"
            )
        if self.rule not in RULES:
            raise ValueError(f"detector.rule={self.rule} must be one of {', '.join(RULES)}")

    @property
    def current(self) -> bool:
        return self.changes == 0

    @property
    def concedes(self) -> str:
        """The cover rule convicts all that the step's own evidence convicts, and more."""
        return "undetected" if self.rule == "cover" else "voted"

    def inspect(self, hearing: Hearing) -> Verdict:
        plan, absent = hearing.plan, unheard(hearing.plan, hearing.claims)
        number = (plan.step - self.offset) // self.window
        graphs = self.memory.enter(number, plan, hearing.claims.disagreements)
        judge, notes = DegreeJudge(self.rule, hearing.byzantine), []
        explanations = cuts(graphs)
        liars = judge.try_all(explanations if self.changes else [next(explanations)])
        if liars is None:
            graphs = graphs[-1:]
            liars = judge.liars(graphs[0])
            if liars is not None:
                notes.append(CHANGED)
        if not judge.exact:
            notes.append(CUT_SHORT)
        degrees = graphs.any(axis=0).sum(axis=1)
        seen = f"in {counted(len(graphs), 'step')}"
        reasons = {w: f"disagrees with {degrees[w]} workers {seen}" for w in sorted(liars or ())}
        return Verdict(plan.workers, reasons, absent, liars is None, note="; ".join(notes))


def cuts(graphs: np.ndarray) -> Iterator[tuple[np.ndarray, ...]]:
    """Unions of graphs [n, K, K]: of all, and of the first s and the rest for each 0 < s < n."""
    before = np.logical_or.accumulate(graphs)
    after = np.logical_or.accumulate(graphs[::-1])[::-1]
    yield (after[0],)
    yield from zip(before[:-1], after[1:], strict=True)


class DegreeJudge:
    """Which workers must have lied by a graph, with at most q liars; remembers its answers.

    rule: "degree" or "cover", as in `Degree`.
    byzantine: int. q.
    exact: bool. No search was cut short.
    """

    def __init__(self, rule: str, byzantine: int) -> None:
        self.rule = rule
        self.byzantine = byzantine
        self.exact = True
        self.answers: dict[bytes, set[int] | None] = {}

    def try_all(self, explanations: Iterable[tuple[np.ndarray, ...]]) -> set[int] | None:
        """The workers that lied in every explanation that holds; None if none holds.

        An explanation is a tuple of graphs [K, K] bool, the evidence against each set of liars
        that there was. It holds if q liars explain each of its graphs.
        """
        common: set[int] | None = None
        for explanation in explanations:
            parts = [self.liars(graph) for graph in explanation]
            if None not in parts:
                liars = set[int]().union(*(part for part in parts if part is not None))
                common = liars if common is None else common & liars
            if common == set():
                break
        return common

    def liars(self, graph: np.ndarray) -> set[int] | None:
        """The workers that must have lied by a graph [K, K] bool; None: no q liars explain it."""
        key = graph.tobytes()
        if key not in self.answers:
            by = self._by_cover if self.rule == "cover" else self._by_degree
            self.answers[key] = by(graph)
        return self.answers[key]

    def _by_degree(self, graph: np.ndarray) -> set[int] | None:
        overt = np.flatnonzero(graph.sum(axis=1) > self.byzantine).tolist()
        return set(overt) if len(overt) <= self.byzantine else None

    def _by_cover(self, graph: np.ndarray) -> set[int] | None:
        liars = forced(graph, self.byzantine)
        if not liars.exact:
            self.exact = False
            warn_once(CUT_SHORT)
        return set(liars.workers) if liars.feasible else None
