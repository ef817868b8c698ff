"""Convict exactly those who must have lied."""

from dataclasses import dataclass, field
from typing import ClassVar

from robusttrain.defense.detector.base import Detector, Ledger, judge, unheard
from robusttrain.types import Hearing, Verdict


@dataclass(frozen=True)
class Cover(Detector):
    """Convicts a worker iff it lies in every vertex cover of size <= q of the disagreements.

    As long as at most q >= 0 workers lie, no honest worker is convicted, on any assignment,
    and nobody who could be convicted on this evidence alone goes free. With more liars than
    that, no cover may exist: then nobody is convicted and the verdict says `overwhelmed`.
    Where the search is cut short (some hundred workers that differ without a pattern), some
    go free and the verdict's note says so. ledger: count the disagreements of all steps as
    evidence; right while the liars stay the same, noted and begun afresh where it is refuted.
    """

    ledger: bool
    memory: Ledger = field(init=False, default_factory=Ledger, repr=False, compare=False)
    complete: ClassVar[bool] = True

    def inspect(self, hearing: Hearing) -> Verdict:
        absent = unheard(hearing.plan, hearing.claims)
        graph, found, note = judge(hearing, self.memory if self.ledger else None)
        reasons = {w: f"disagrees with {int(graph[w].sum())} workers" for w in found.workers}
        return Verdict(hearing.plan.workers, reasons, absent, not found.feasible, note=note)
