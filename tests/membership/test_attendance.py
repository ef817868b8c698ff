"""Attendance: who is waited for, and what is certified while workers are silent.

Over a run: tests/run/test_simulate.py.
"""

from types import SimpleNamespace

import numpy as np
import pytest
from support import plan_of

from robusttrain.comm.hub import UNAWAITED
from robusttrain.membership.attendance import Attendance, silent
from robusttrain.types import SILENT, Claims, Verdict

HOSTING = {1: [0, 1], 2: [2], 3: [3, 4]}
TEAMS = np.array([[0, 2, 3], [1, 2, 4], [0, 3, 4]])


class FakeHub:
    def __init__(self):
        self.links, self.silent, self.heard = dict.fromkeys(HOSTING), {}, {}

    def discard(self):
        pass


def claims(*quiet):
    classes = np.where(np.isin(TEAMS, quiet), SILENT, 0)
    return Claims(plan_of(TEAMS, 5, step=9), classes)


def review(attendance, hub, *quiet, verdict=None, q=3, evicted=0):
    defense = SimpleNamespace(assumed=q, evicted=evicted)
    return attendance.review(hub, claims(*quiet), verdict or Verdict(5), defense)


def test_late_steps_in_a_row_suspend_and_others_begin_anew():
    hub, attendance = FakeHub(), Attendance(HOSTING, 2)
    for late, suspended in (({2}, set()), (set(), set()), ({2, 3}, set()), ({2}, {2})):
        attendance.begin(hub, 9, [])
        hub.silent = dict.fromkeys(late, "was late at COMMIT")
        review(attendance, hub)
        assert set(attendance.suspended) == suspended


@pytest.mark.parametrize(
    ("heard", "joined", "back"), [(7, [], False), (8, [], True), (7, [2], True), (-1, [2], True)]
)
def test_a_suspended_rank_is_back_once_it_has_answered_to_the_step_before(heard, joined, back):
    hub, attendance = FakeHub(), Attendance(HOSTING, 1)
    attendance.suspended, hub.heard = {2: "was late at SUM"}, {2: heard}
    said = attendance.begin(hub, 9, joined)
    assert said == (["rank 2 (workers 2) is back"] if back else [])
    assert hub.silent == ({} if back else {2: "was late at SUM"})


def test_what_it_said_in_the_step_in_which_it_was_late_does_not_bring_it_back():
    """It has committed to step 9, and its rows have not come."""
    hub, attendance = FakeHub(), Attendance(HOSTING, 1)
    hub.silent, hub.heard = {2: "was late at ROWS"}, {2: 9}
    review(attendance, hub)
    assert attendance.begin(hub, 10, []) == []
    hub.heard = {2: 10}
    assert attendance.begin(hub, 11, []) == ["rank 2 (workers 2) is back"]


def test_the_lost_and_those_without_credit_are_not_suspended():
    hub, attendance = FakeHub(), Attendance(HOSTING, 1)
    hub.silent = {1: UNAWAITED, 2: "was late at ROWS"}
    del hub.links[2]
    assert review(attendance, hub) == []
    assert attendance.suspended == {}


def test_silent_are_those_of_whom_nothing_came_or_whose_rows_did_not():
    """Worker 0 spoke of all, worker 3 of nothing; the rows of 4 were lost; 2 is convicted."""
    verdict = Verdict(5, convicted={2: "lied"}, absent={4: "lost", 2: "lost"})
    assert silent(claims(3), verdict) == [3, 4]
    partly = claims()
    partly.classes[0, 0] = SILENT
    assert silent(partly, Verdict(5)) == []


def test_what_is_certified_is_said_when_it_changes():
    hub, attendance, said = FakeHub(), Attendance(HOSTING, 1), []
    for quiet in ((), (3,), (3,), (3, 4), ()):
        said.append(review(attendance, hub, *quiet, q=2, evicted=1))
    assert said == [
        [],
        ["silent: 3; what is certified holds if at most 0 of the others lie"],
        [],
        ["silent: 3, 4; with 1 known liars that is more than defense.byzantine=2: nothing is "
         "certified until some are back"],
        ["no worker is silent any more"],
    ]  # fmt: skip
    assert not attendance.exceeded


def test_known_liars_of_this_step_count_and_are_not_silent_besides():
    attendance = Attendance(HOSTING, 1)
    verdict = Verdict(5, convicted={3: "lied"})
    review(attendance, FakeHub(), 3, 4, verdict=verdict, q=1)
    assert (attendance.silent, attendance.exceeded) == ([4], True)
    review(attendance, FakeHub(), 3, 4, verdict=verdict, q=2)
    assert not attendance.exceeded
