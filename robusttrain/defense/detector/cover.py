"""Vertex cover: convicts exactly those who must have lied."""

from dataclasses import dataclass, field
from typing import ClassVar

from robusttrain.defense.detector.base import Detector, Ledger, judge, unheard
from robusttrain.types import Hearing, Verdict


@dataclass(frozen=True)
class Cover(Detector):
    """Convicts a worker iff it lies in every vertex cover of size <= q of the disagreements.

    As long as at most q >= 0 workers lie, no honest worker is convicted, on any assignment,
    and everyone who can be convicted on this evidence alone is. With more liars than that, no
    cover may exist: then nobody is convicted and the verdict says `overwhelmed`. Where the search
    is cut short (some hundred workers that differ without a pattern), some are not convicted and
    the verdict's note says so.

    ledger: bool. Count the disagreements of all steps as evidence: right while the liars stay the
        same; where that is refuted, it is noted and the ledger starts afresh.

    >>> import numpy as np
    >>> from robusttrain.types import Claims, Hearing, Plan
    >>> plan = Plan(0, 3, np.zeros((2, 1)), np.zeros(2), teams=np.array([[0, 1], [0, 2]]))
    >>> claims = Claims(plan, classes=np.array([[0, 1], [0, 1]]))  # 0 against 1, 0 against 2
    >>> hearing = Hearing(plan, claims, 1, recompute=None, rng=None)
    >>> Cover(ledger=False).inspect(hearing).convicted
    {0: 'disagrees with 2 workers'}
    """

    ledger: bool
    memory: Ledger = field(init=False, default_factory=Ledger, repr=False, compare=False)
    complete: ClassVar[bool] = True

    def inspect(self, hearing: Hearing) -> Verdict:
        absent = unheard(hearing.plan, hearing.claims)
        graph, liars, note = judge(hearing, self.memory if self.ledger else None)
        reasons = {w: f"disagrees with {int(graph[w].sum())} workers" for w in liars.workers}
        return Verdict(hearing.plan.workers, reasons, absent, not liars.feasible, note=note)
