"""Convict exactly those who must have lied."""

from dataclasses import dataclass
from typing import ClassVar

from robusttrain.core.graph import in_every_cover
from robusttrain.core.types import Claims, Plan, Verdict
from robusttrain.detector.base import Detector, unheard


@dataclass(frozen=True)
class Cover(Detector):
    """Convicts a worker iff it lies in every vertex cover of size <= q of the disagreements.

    As long as at most q = `byzantine` workers lie, no honest worker is convicted, on any
    assignment, and nobody who could be convicted on this evidence alone goes free. With
    more liars than that, no cover may exist: then nobody is convicted and the verdict says
    `overwhelmed`. 0 <= q.
    """

    byzantine: int
    complete: ClassVar[bool] = True

    def inspect(self, plan: Plan, claims: Claims) -> Verdict:
        absent = unheard(plan, claims)
        graph = claims.disagreements()
        guilty = in_every_cover(graph, self.byzantine)
        if guilty is None:
            return Verdict(plan.workers, absent=absent, overwhelmed=True)
        reasons = {w: f"disagrees with {int(graph[w].sum())} workers" for w in guilty}
        return Verdict(plan.workers, convicted=reasons, absent=absent)
