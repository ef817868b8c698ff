"""Aspis's clique rule, with the size check that the published code lacks."""

from dataclasses import dataclass, field

from robusttrain.defense.detector.base import Detector, Ledger, judge, unheard
from robusttrain.types import Hearing, Verdict


@dataclass(frozen=True)
class Clique(Detector):
    """Convicts all outside the unique maximum clique of agreement, if it has K - q workers.

    A clique of K - q workers that agree is what a cover of q workers leaves over, so the
    maximum clique has size K - q and is unique iff exactly q workers lie in every vertex
    cover of size <= q of the disagreements: those q are convicted, else nobody. K counts
    the workers that spoke; edge = no disagreement was seen. Without the size check, liars who
    disagree with q - 1 honest workers get those convicted.

    ledger: bool. Count the disagreements of all steps as evidence, as in `Cover`.
    Source: Konstantinidis and Ramamoorthy, Aspis (2021).
    """

    ledger: bool
    memory: Ledger = field(init=False, default_factory=Ledger, repr=False, compare=False)

    def inspect(self, hearing: Hearing) -> Verdict:
        absent = unheard(hearing.plan, hearing.claims)
        _, liars, note = judge(hearing, self.memory if self.ledger else None)
        outside = liars.workers if len(liars.workers) == hearing.byzantine else []
        reasons = dict.fromkeys(outside, "outside the unique maximum clique")
        return Verdict(hearing.plan.workers, reasons, absent, not liars.feasible, note=note)
