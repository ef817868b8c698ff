"""No detection: trusts every worker that spoke."""

from dataclasses import dataclass

from robusttrain.defense.detector.base import Detector, unheard
from robusttrain.types import Hearing, Verdict


@dataclass(frozen=True)
class NoDetector(Detector):
    """Trusts every worker that spoke; the vote and the rule are on their own."""

    def inspect(self, hearing: Hearing) -> Verdict:
        return Verdict(hearing.plan.workers, absent=unheard(hearing.plan, hearing.claims))
