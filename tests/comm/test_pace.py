"""Pace: what ends a wait; tests/protocol/test_intake.py has it over arrivals of sums."""

import pytest

from robusttrain.comm.pace import PATIENCE, SLACK, Pace
from robusttrain.comm.paces import Paces


class Arrivals:
    """Members that come in at given times, on a clock that only waiting moves."""

    def __init__(self, *times, now=0.0, uneven=1.0):
        self.times, self.now, self.uneven = sorted(times), now, uneven
        self.members, self.heard = len(times), 0

    def clock(self):
        return self.now

    def missing(self):
        return list(range(self.heard, self.members))

    def complete(self):
        return self.heard

    def hear(self, until):
        if self.heard < self.members and self.times[self.heard] <= until:
            self.now = max(self.now, self.times[self.heard])
            self.heard += 1
            return True
        self.now = until
        return False


def waited(pace, *times, **more):
    arrivals = Arrivals(*times, **more)
    pace.wait(arrivals, arrivals.clock)
    return arrivals.heard, arrivals.now


def paces(majority, deadline=100.0):
    """Those of a run whose first step is over."""
    made = Paces(majority)
    made.of_step(0.0, deadline)
    return made


def test_without_a_majority_rule_only_the_deadline_counts():
    pace = paces(False).of_step(0.0, 100.0)
    assert waited(pace, 1, 2, 99) == (3, 99)
    assert waited(pace, 1, 2, 101) == (2, 100)


def test_the_time_of_the_majority_counts_from_the_start_of_the_step():
    """Also for what is waited for later in it: rows are asked for after commitments."""
    start = 10.0
    limit = start + PATIENCE * 4 + SLACK
    for late, heard in ((limit, 3), (limit + 0.1, 2)):
        pace = paces(True).of_step(start, 100.0)
        assert waited(pace, 13, 14, late, now=12.0) == (heard, limit)


def test_in_the_first_step_nobody_is_judged():
    assert waited(Paces(True).of_step(0.0, 100.0), 1, 2, 99) == (3, 99)


def test_waiting_is_charged_over_the_whole_run():
    """Credit is one deadline and 1 % of the time; so the one that is late is waited for less."""
    made, ends = paces(True, 5.0), []
    for _ in range(4):
        ends.append(waited(made.of_step(0.0, 5.0), 2, 2, 50)[1])
    assert ends == pytest.approx([5.0, 4.4, 2.0, 2.0], abs=0.1)


def test_a_flood_of_messages_does_not_go_on_for_ever():
    class Flood(Arrivals):
        def hear(self, until):
            self.now += 1.0
            return True

    flood = Flood(1, 2)
    Pace(0.0, 5.0).wait(flood, flood.clock)
    assert flood.now == 6.0
