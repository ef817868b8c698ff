"""Aspis's clique rule, with the size check that the published code lacks."""

from dataclasses import dataclass

from robusttrain.core.graph import in_every_cover
from robusttrain.core.types import Claims, Plan, Verdict
from robusttrain.detector.base import Detector, unheard


@dataclass(frozen=True)
class Clique(Detector):
    """Convicts all outside the unique maximum clique of agreement, if it has K - q workers.

    A clique of K - q workers that agree is what a cover of q workers leaves over, so the
    maximum clique has size K - q and is unique iff exactly q workers lie in every vertex
    cover of size <= q of the disagreements: those q are convicted, else nobody. K counts
    the workers that spoke; edge = no disagreement was seen. Without the size check, liars who
    disagree with q - 1 honest workers get those convicted. 0 <= q = `byzantine`.
    Source: Konstantinidis and Ramamoorthy, Aspis (2021).
    """

    byzantine: int

    def inspect(self, plan: Plan, claims: Claims) -> Verdict:
        absent = unheard(plan, claims)
        guilty = in_every_cover(claims.disagreements(), self.byzantine)
        if guilty is None:
            return Verdict(plan.workers, absent=absent, overwhelmed=True)
        if len(guilty) < self.byzantine:
            return Verdict(plan.workers, absent=absent)
        reasons = dict.fromkeys(guilty, "outside the unique maximum clique")
        return Verdict(plan.workers, convicted=reasons, absent=absent)
