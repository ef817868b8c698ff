"""Strict majority of the trusted copies."""

from dataclasses import dataclass

import numpy as np

from robusttrain.core.types import DROPPED, Claims, Plan, Sources, Verdict
from robusttrain.vote.base import Vote


@dataclass(frozen=True)
class Majority(Vote):
    """The class said by more than half of the trusted holders that spoke; else no one.

    Of the holders in that class, the one that has been given the fewest tasks so far is asked
    (the lowest on a tie), so that the load on the wire is spread.
    """

    def choose(self, plan: Plan, claims: Claims, verdict: Verdict) -> Sources:
        heard = (claims.classes >= 0) & verdict.trusted[:, None]
        sources = np.full(plan.tasks, DROPPED)
        load = np.zeros(plan.workers, dtype=np.int64)
        for task in np.flatnonzero(heard.any(axis=0)):
            holders = np.flatnonzero(heard[:, task])
            said = claims.classes[holders, task]
            votes = np.bincount(said)
            winner = int(votes.argmax())
            if 2 * votes[winner] > len(holders):
                willing = holders[said == winner]
                sources[task] = willing[load[willing].argmin()]
                load[sources[task]] += 1
        return Sources(sources)
