"""Budget: silent workers count with the liars; over a run: tests/run/test_simulate.py."""

from types import SimpleNamespace

import numpy as np
from support import plan_of

from robusttrain.membership.budget import Budget, silent
from robusttrain.types import SILENT, Claims, Verdict

TEAMS = np.array([[0, 2, 3], [1, 2, 4], [0, 3, 4]])


def claims(*quiet):
    classes = np.where(np.isin(TEAMS, quiet), SILENT, 0)
    return Claims(plan_of(TEAMS, 5, step=9), classes)


def review(budget, *quiet, verdict=None, q=3, evicted=0):
    defense = SimpleNamespace(assumed=q, evicted=evicted)
    return budget.review(claims(*quiet), verdict or Verdict(5), defense)


def test_silent_are_those_of_whom_nothing_came_or_whose_rows_did_not():
    """Worker 0 spoke of all, worker 3 of nothing; the rows of 4 were lost; 2 is convicted."""
    verdict = Verdict(5, convicted={2: "lied"}, absent={4: "lost", 2: "lost"})
    assert silent(claims(3), verdict) == [3, 4]
    partly = claims()
    partly.classes[0, 0] = SILENT
    assert silent(partly, Verdict(5)) == []


def test_what_is_certified_is_said_when_it_changes():
    budget, said = Budget(), []
    for quiet in ((), (3,), (3,), (3, 4), ()):
        said.append(review(budget, *quiet, q=2, evicted=1))
    assert said == [
        [],
        ["silent: 3; what is certified holds if at most 0 of the others lie"],
        [],
        ["silent: 3, 4; with 1 known liars that is more than defense.byzantine=2: nothing is "
         "certified until some are back"],
        ["no worker is silent any more"],
    ]  # fmt: skip
    assert not budget.exceeded


def test_known_liars_of_this_step_count_and_are_not_silent_besides():
    budget = Budget()
    verdict = Verdict(5, convicted={3: "lied"})
    review(budget, 3, 4, verdict=verdict, q=1)
    assert (budget.silent, budget.exceeded) == ([4], True)
    review(budget, 3, 4, verdict=verdict, q=2)
    assert not budget.exceeded
