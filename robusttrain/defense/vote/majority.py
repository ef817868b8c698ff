"""Strict majority of the trusted copies."""

from dataclasses import dataclass

import numpy as np

from robusttrain.defense.vote.base import Vote
from robusttrain.types import DROPPED, Claims, Sources, Verdict


@dataclass(frozen=True)
class Majority(Vote):
    """The class said by more than half of the trusted holders that spoke; else no one.

    Of the holders in that class, the one that has been given the fewest tasks so far is asked
    (the lowest on a tie), so that the load on the wire is spread.

    >>> import numpy as np
    >>> from robusttrain.defense.vote.majority import Majority
    >>> from robusttrain.types import Claims, Plan, Verdict
    >>> plan = Plan(0, 3, np.zeros((2, 1)), np.zeros(2), teams=np.array([[0, 1, 2], [0, 1, 2]]))
    >>> claims = Claims(plan, classes=np.array([[0, 1, 1], [0, 1, 2]]))
    >>> Majority().choose(claims, Verdict(workers=3)).workers.tolist()
    [1, -1]
    """

    def choose(self, claims: Claims, verdict: Verdict) -> Sources:
        teams = claims.plan.teams
        heard = (claims.classes >= 0) & verdict.trusted[teams]
        slots = np.arange(teams.shape[1])
        alike = (claims.classes[:, :, None] == slots) & heard[:, :, None]  # [f, slot, class]
        votes = alike.sum(axis=1)
        winner = votes.argmax(axis=1)
        won = 2 * votes.max(axis=1) > heard.sum(axis=1)
        willing = alike[np.arange(len(teams)), :, winner]
        sources = np.full(len(teams), DROPPED)
        load = [0] * claims.plan.workers
        for task in np.flatnonzero(won):
            sources[task] = least = min(teams[task, willing[task]].tolist(), key=load.__getitem__)
            load[least] += 1
        return Sources(sources)
