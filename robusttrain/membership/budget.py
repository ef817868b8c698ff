"""Budget: what is left of the faults that are assumed, while workers are silent."""

from dataclasses import dataclass, field

import numpy as np

from robusttrain.defense.defense import Defense
from robusttrain.types import SILENT, Claims, Verdict


@dataclass(eq=False)
class Budget:
    """Counts the silent with the liars: both together are to be at most q.

    What holds for q liars holds for l liars and q - l workers that say nothing: silence is one of
    the things that a liar may choose.

    silent: the workers of which nothing came in the last step, ascending.
    exceeded: bool. Whether more workers were silent or known to lie in it than is assumed.
    """

    silent: list[int] = field(init=False, default_factory=list)
    exceeded: bool = field(init=False, default=False)

    def review(self, claims: Claims, verdict: Verdict, defense: Defense) -> list[str]:
        """What is certified after this step, if that has changed, for the log."""
        before, q = self.silent, defense.assumed
        self.silent = silent(claims, verdict)
        known = defense.evicted + len(verdict.convicted)
        left = q - known - len(self.silent)
        self.exceeded = bool(self.silent) and left < 0
        if self.silent == before:
            return []
        if not self.silent:
            return ["no worker is silent any more"]
        who = f"silent: {', '.join(map(str, self.silent))}"
        if left < 0:
            return [
                f"{who}; with {known} known liars that is more than defense.byzantine={q}: nothing "
                "is certified until some are back"
            ]
        return [f"{who}; what is certified holds if at most {left} of the others lie"]


def silent(claims: Claims, verdict: Verdict) -> list[int]:
    """The workers of a step that hold tasks and said nothing of any, or whose rows did not come."""
    teams, spoke = claims.plan.teams, claims.classes != SILENT
    said = np.unique(teams[spoke])
    return sorted({*np.setdiff1d(teams, said).tolist(), *verdict.absent} - set(verdict.convicted))
