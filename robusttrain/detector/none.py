"""No detection."""

from dataclasses import dataclass

from robusttrain.core.types import Claims, Plan, Verdict
from robusttrain.detector.base import Detector, unheard


@dataclass(frozen=True)
class NoDetector(Detector):
    """Trusts every worker that spoke; the vote and the rule are on their own."""

    def inspect(self, plan: Plan, claims: Claims) -> Verdict:
        return Verdict(plan.workers, absent=unheard(plan, claims))
