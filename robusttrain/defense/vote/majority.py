"""Strict majority of the trusted copies."""

from dataclasses import dataclass

import numpy as np

from robusttrain.combinatorics.load_balance import balanced
from robusttrain.defense.vote.base import Vote
from robusttrain.types import Claims, Sources, Verdict


@dataclass(frozen=True)
class Majority(Vote):
    """The class said by more than half of the trusted holders that spoke; else no one.

    Of the holders in that class, who all committed to the same row, one is asked to send it, so
    rows are spread over the workers as evenly as any choice allows.

    >>> import numpy as np
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
        return Sources(balanced(teams, willing & won[:, None], claims.plan.workers))
