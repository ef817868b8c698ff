"""Aspis+'s degree rule: disagreements add up over a window of steps."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np

from robusttrain.combinatorics.vertex_cover import forced
from robusttrain.defense.detector.base import CUT_SHORT, Detector, unexplained, unheard, warn_once
from robusttrain.types import Hearing, Plan, Verdict

RULES = ("degree", "cover")
CHANGED = "the liars changed more often in this window than assumed: judged by this step alone"


@dataclass
class Window:
    """The disagreements [K, K] bool of each step since the window `number` began."""

    number: int | None = None
    graphs: dict[int, np.ndarray] = field(default_factory=dict)

    def enter(self, number: int, plan: Plan, graph: np.ndarray) -> np.ndarray:
        """[n, K, K] bool: the window's steps up to this one, less the evicted."""
        earlier = self.graphs if number == self.number else {}
        self.graphs = {s: g for s, g in earlier.items() if s < plan.step} | {plan.step: graph}
        self.number = number
        return unexplained(np.stack(list(self.graphs.values())), plan)


@dataclass(frozen=True)
class Degree(Detector):
    """Convicts those who, by the disagreements since the window began, must have lied in it.

    Windows of `window` >= 1 steps begin at the steps s with s = offset (mod window).
    changes = 0, the published assumption: at most q liars, the same in the whole window. If
    the liars change within it, honest workers may be convicted. changes = 1: at most q at a
    time, and they may have changed once, at a step that is not known. For each step s at
    which they may have changed,

        convicted(s) = guilty(evidence before s) ∪ guilty(evidence from s on),

    and only workers in convicted(s) for all s are convicted: they were among the liars at
    some step of the window, not necessarily at this one. rule says who is guilty by a graph:
    degree, who disagrees with more than q workers (published); cover, who is in every vertex
    cover of size <= q, which includes those. Where more than q are guilty, or there is no
    cover, s is ruled out. If all s are, the liars changed more often than assumed: then the
    verdict's note says so and until the next window each step is judged by itself, which
    takes no assumption but q; `overwhelmed` if q liars do not explain even that.

    On assignments in which pairs share few tasks it takes a plan that changes every step:
    liars who win votes by majority only disagree with q - 1 workers under any fixed plan.
    Liars who disagree with the same q honest workers for ever are never found.
    Cost: one graph a step kept, [window, K, K] bool; rule=cover solves 2 x window graphs.
    Source: Konstantinidis and Ramamoorthy, Aspis+, IEEE/ACM Transactions on Networking (2023).
    """

    window: int
    offset: int
    changes: int
    rule: str
    memory: Window = field(init=False, default_factory=Window, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.window < 1:
            raise ValueError(f"detector.window={self.window} must be >= 1 steps; use 50")
        if not 0 <= self.offset < self.window:
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
        guilty = judge.try_all(explanations if self.changes else [next(explanations)])
        if guilty is None:
            graphs = graphs[-1:]
            guilty = judge.guilty(graphs[0])
            if guilty is not None:
                notes.append(CHANGED)
        if not judge.exact:
            notes.append(CUT_SHORT)
        degrees = graphs.any(axis=0).sum(axis=1)
        seen = f"in {len(graphs)} step{'s' * (len(graphs) > 1)}"
        reasons = {w: f"disagrees with {degrees[w]} workers {seen}" for w in sorted(guilty or ())}
        return Verdict(plan.workers, reasons, absent, guilty is None, note="; ".join(notes))


def cuts(graphs: np.ndarray) -> Iterator[tuple[np.ndarray, ...]]:
    """Unions of graphs [n, K, K]: of all, and of the first s and the rest for each 0 < s < n."""
    before = np.logical_or.accumulate(graphs)
    after = np.logical_or.accumulate(graphs[::-1])[::-1]
    yield (after[0],)
    yield from zip(before[:-1], after[1:], strict=True)


class DegreeJudge:
    """Who is guilty by a graph, with at most q liars; remembers the graphs it has seen."""

    def __init__(self, rule: str, byzantine: int) -> None:
        self.rule = rule
        self.byzantine = byzantine
        self.exact = True
        self.seen: dict[bytes, set[int] | None] = {}

    def try_all(self, explanations: Iterable[tuple[np.ndarray, ...]]) -> set[int] | None:
        """Who is guilty in every story that q liars at a time explain; None: they explain none.

        A story is the evidence against each set of liars that there was.
        """
        guilty: set[int] | None = None
        for explanation in explanations:
            found = [self.guilty(graph) for graph in explanation]
            named = set[int]().union(*(f for f in found if f is not None))
            if None not in found:
                guilty = named if guilty is None else guilty & named
            if guilty == set():
                break
        return guilty

    def guilty(self, graph: np.ndarray) -> set[int] | None:
        """None: no q liars explain it."""
        key = graph.tobytes()
        if key not in self.seen:
            judge = self._by_cover if self.rule == "cover" else self._by_degree
            self.seen[key] = judge(graph)
        return self.seen[key]

    def _by_degree(self, graph: np.ndarray) -> set[int] | None:
        loud = np.flatnonzero(graph.sum(axis=1) > self.byzantine).tolist()
        return set(loud) if len(loud) <= self.byzantine else None

    def _by_cover(self, graph: np.ndarray) -> set[int] | None:
        found = forced(graph, self.byzantine)
        if not found.exact:
            self.exact = False
            warn_once(CUT_SHORT)
        return set(found.workers) if found.feasible else None
