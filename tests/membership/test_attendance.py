"""Attendance: who is waited for.

Over a run: tests/run/test_simulate.py.
"""

import pytest

from robusttrain.comm.hub import UNAWAITED
from robusttrain.membership.attendance import Attendance

HOSTING = {1: [0, 1], 2: [2], 3: [3, 4]}


class FakeHub:
    def __init__(self):
        self.links, self.silent, self.heard = dict.fromkeys(HOSTING), {}, {}

    def discard(self):
        pass


def test_late_steps_in_a_row_suspend_and_others_begin_anew():
    hub, attendance = FakeHub(), Attendance(HOSTING, 2)
    for late, suspended in (({2}, set()), (set(), set()), ({2, 3}, set()), ({2}, {2})):
        attendance.begin(hub, 9, [])
        hub.silent = dict.fromkeys(late, "was late at COMMIT")
        attendance.review(hub, 9)
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
    attendance.review(hub, 9)
    assert attendance.begin(hub, 10, []) == []
    hub.heard = {2: 10}
    assert attendance.begin(hub, 11, []) == ["rank 2 (workers 2) is back"]


def test_half_of_the_ranks_are_waited_for_in_any_case():
    """Of three one may be suspended; where two are late, none is."""
    hub, attendance = FakeHub(), Attendance(HOSTING, 1)
    hub.silent = dict.fromkeys([1, 2], "was late at COMMIT")
    assert attendance.review(hub, 9) == []
    assert attendance.suspended == {}
    hub.silent = {2: "was late at COMMIT"}
    attendance.review(hub, 10)
    hub.silent = dict.fromkeys([2, 3], "was late at COMMIT")
    attendance.review(hub, 11)
    assert set(attendance.suspended) == {2}


def test_the_lost_and_those_without_credit_are_not_suspended():
    hub, attendance = FakeHub(), Attendance(HOSTING, 1)
    hub.silent = {1: UNAWAITED, 2: "was late at ROWS"}
    del hub.links[2]
    assert attendance.review(hub, 9) == []
    assert attendance.suspended == {}
