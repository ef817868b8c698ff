"""Faulty: which messages a fault strikes, when, and what is passed on."""

import logging
from dataclasses import dataclass

import numpy as np
import pytest
import torch
from support import plan_of

from robusttrain.comm.link import Kind, Message
from robusttrain.protocol.faulty import Faulty
from robusttrain.protocol.owners import Owners
from robusttrain.threat.fault.base import Fault
from robusttrain.threat.fault.garble import Garble
from robusttrain.threat.fault.replay import Replay
from robusttrain.threat.fault.silent import Silent
from robusttrain.threat.fault.slow import Slow
from robusttrain.threat.fault.stuck import Stuck
from robusttrain.threat.faults import Faults, Planned
from robusttrain.threat.phases import Phase

PLAN = plan_of(np.array([[0, 1], [0, 1]]))
CPU = torch.device("cpu")
PHASES = {
    "publish": Phase("publish", "received"),
    "commit": Phase("commit", "sent", table=True),
    "sum": Phase("sum", "sent"),
    "gradient": Phase("gradient", "computed"),
    "rows": Phase("rows", "sent"),
}


class Echo:
    """Commits to each PUBLISH of a step, then sends two blocks of a sum for each hosted worker."""

    def __init__(self):
        self.heard, self.forgotten, self.expected = [], 0, []

    def replies(self, message, plan, device, late):
        self.heard.append(message)
        yield message.reply(Kind.COMMIT, torch.arange(1, 5, dtype=torch.uint8))
        for worker in (0, 1):
            for index in (0, 1):
                payload = torch.full((4,), 7, dtype=torch.uint8)
                yield Message(Kind.SUM, message.step, worker, index, payload)

    def expect(self, plan):
        self.expected.append(plan())

    def forget(self):
        self.forgotten += 1


@dataclass(frozen=True)
class Doubled(Fault):
    """Sends a message twice."""

    def strike(self, hit):
        return [hit.message, hit.message]


class Naps(list):
    def sleep(self, seconds):
        self.append(seconds)


@pytest.fixture
def spoken():
    """spoken(*(worker, step, phase, fault), steps=1) -> (messages by step, side, process)."""

    def made(*planned, steps=1):
        side, naps = Echo(), Naps()
        faults = Faults(
            [Planned(w, t, PHASES[p], f, *more) for w, t, p, f, *more in planned], seed=1
        )
        faulty = Faulty(side, faults, [0, 1], Owners([0, 1], 1), naps)
        said = []
        for step in range(steps):
            publish = Message(Kind.PUBLISH, step, payload=torch.zeros(8, dtype=torch.uint8))
            said.append(list(faulty.replies(publish, lambda step: PLAN, CPU)))
            faulty.forget()
        return said, side, naps

    return made


def table(messages):
    (commit,) = (m for m in messages if m.kind == Kind.COMMIT)
    return commit.payload.tolist()


def changed(messages):
    return [(m.pull, m.index) for m in messages if m.kind == Kind.SUM and (m.payload != 7).any()]


def test_a_fault_strikes_its_step_alone(spoken):
    said, *_ = spoken((1, 1, "commit", Garble()), steps=3)
    assert table(said[0]) == table(said[2]) == [1, 2, 3, 4]
    assert table(said[1])[:2] == [1, 2]
    assert table(said[1])[2:] != [3, 4]


def test_a_fault_of_a_phase_strikes_all_of_the_workers_messages_each_otherwise(spoken):
    said, *_ = spoken((1, 0, "sum", Garble()))
    assert changed(said[0]) == [(1, 0), (1, 1)]
    first, second = (m.payload for m in said[0][-2:])
    assert not torch.equal(first, second)


def test_a_fault_of_a_message_strikes_the_first(spoken):
    said, *_ = spoken((1, 0, "sum", Doubled()), steps=2)
    assert [(m.pull, m.index) for m in said[0][1:]] == [(0, 0), (0, 1), (1, 0), (1, 0), (1, 1)]
    assert len(said[1]) == 5


def test_a_fault_of_several_steps_strikes_the_first_message_of_each(spoken):
    said, *_ = spoken((1, 1, "sum", Doubled(), 2), steps=4)
    assert [len(step) for step in said] == [5, 6, 6, 5]


def test_a_fault_that_lasts_goes_on(spoken):
    said, *_ = spoken((1, 1, "sum", Stuck(0, 30)), steps=4)
    assert [changed(step) for step in said] == [[], *[[(1, 0), (1, 1)]] * 3]


def test_what_was_received_is_damaged_before_it_is_acted_on(spoken):
    _, side, _ = spoken((0, 0, "publish", Garble()), steps=2)
    assert [m.payload.any().item() for m in side.heard] == [True, False]


def test_two_faults_strike_one_message_in_turn(spoken):
    said, *_ = spoken((0, 0, "commit", Silent()), (1, 0, "commit", Silent()))
    assert [m.kind for m in said[0]] == [Kind.SUM] * 4
    said, _, naps = spoken((0, 0, "commit", Silent()), (1, 0, "commit", Slow(2)))
    assert (table(said[0]), naps) == ([0, 0, 3, 4], [2])


def test_faults_of_other_ranks_do_nothing(spoken):
    said, *_ = spoken((2, 0, "commit", Silent()))
    assert table(said[0]) == [1, 2, 3, 4]


def test_what_is_replayed_is_of_an_earlier_step(spoken):
    said, *_ = spoken((1, 2, "sum", Replay()), steps=3)
    sums = [(m.step, m.pull, m.index) for m in said[2][1:]]
    assert sums == [(2, 0, 0), (2, 0, 1), (1, 1, 1), (2, 1, 0), (2, 1, 1)]


def test_the_log_tells_of_each_fault_once_and_of_those_that_struck_nothing(spoken, caplog):
    caplog.set_level(logging.WARNING)
    spoken((1, 1, "sum", Stuck()), (0, 0, "gradient", Garble()), steps=3)
    assert caplog.messages == [
        "fault: {worker: 0, step: 0, phase: gradient, do: garble}",
        "fault: {worker: 1, step: 1, phase: sum, do: stuck}",
    ]
    caplog.clear()
    spoken((1, 1, "rows", Garble()), steps=3)
    assert caplog.messages == [
        "no fault: {worker: 1, step: 1, phase: rows, do: garble}; there was nothing that it could "
        "strike"
    ]


def test_the_rest_is_the_sides(spoken):
    _, side, naps = spoken(steps=2)
    assert side.forgotten == 2
    faulty = Faulty(side, Faults(), [0, 1], Owners([0, 1], 1), naps)
    faulty.expect(lambda: "plan")
    assert side.expected == ["plan"]
