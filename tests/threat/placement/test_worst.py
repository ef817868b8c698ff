"""The liars sit where they do the most harm."""

import numpy as np
import pytest
from support import plan_of

from robusttrain.redundancy.assignment.mols import Mols
from robusttrain.redundancy.assignment.repetition import Repetition
from robusttrain.redundancy.assignment.single import Single
from robusttrain.threat.placement.worst import Worst
from robusttrain.threat.target.majority import Majority
from robusttrain.threat.target.undetected import Undetected

MOLS = Mols(3).teams(15)


def mask(liars) -> np.ndarray:
    return np.isin(np.arange(15), liars)


@pytest.mark.parametrize(("q", "won"), [(2, 1), (3, 3), (4, 5), (5, 8), (6, 12), (7, 14)])
def test_against_votes_they_win_what_is_published_for_byzshield(q, won):
    liars = Worst("votes").choose(0, plan_of(MOLS, 15), q, seed=0)
    assert Majority().tasks(MOLS, mask(liars)).sum() == won


@pytest.mark.parametrize(("q", "won"), [(3, 3), (5, 6)])
def test_against_detection_they_forge_the_most_that_stays_hidden(q, won):
    liars = Worst("detection").choose(0, plan_of(MOLS, 15), q, seed=0)
    assert Undetected().tasks(MOLS, mask(liars)).sum() == won


@pytest.mark.parametrize("against", ["votes", "detection"])
@pytest.mark.parametrize("q", [3, 10, 12])
def test_where_shares_are_uneven_they_hold_the_largest(against, q):
    """40 tasks: ten of the fifteen workers hold three, five hold two."""
    teams = Single(tasks=40).teams(15)
    liars = Worst(against).choose(0, plan_of(teams, 15), q, seed=0)
    assert mask(liars)[teams].sum() == 2 * q + min(q, 10)


def test_they_stay_where_they_are_placed_at_the_start():
    start = plan_of(Repetition(3).teams(15), 15)
    chosen = [
        Worst("votes").choose(step, start, 4, seed).tolist() for step, seed in ((0, 0), (9, 5))
    ]
    assert chosen[0] == chosen[1]
    assert Majority().tasks(start.teams, mask(chosen[0])).sum() == 2


def test_refuses_an_unknown_opponent():
    with pytest.raises(ValueError, match=r"placement\.against=luck must be votes or detection"):
        Worst("luck")
