"""Backlog: what waits keeps its order, and only what is still of use."""

import torch

from robusttrain.comm.backlog import Backlog
from robusttrain.comm.link import Kind, Message

PAYLOAD = torch.zeros(4, dtype=torch.uint8)


def waiting(*messages):
    backlog = Backlog()
    for kind, step in messages:
        backlog.put(Message(kind, step, payload=PAYLOAD))
    taken = iter(backlog.take, None)
    return [(message.kind, message.step, message.size > 0) for message in taken]


def publish(*steps):
    return [(Kind.PUBLISH, step) for step in steps]


def test_two_sets_of_parameters_wait_at_most_and_no_step_is_left_out():
    sizes = {(step, whole) for _, step, whole in waiting(*publish(*range(9)))}
    assert sizes == {(step, step >= 7) for step in range(9)}


def test_a_reveal_keeps_the_parameters_that_it_asks_for():
    kept = waiting(*publish(4, 5), (Kind.REVEAL, 6), *publish(6))
    assert kept == [(Kind.PUBLISH, 4, False), (Kind.PUBLISH, 5, True), (Kind.REVEAL, 6, True),
                    (Kind.PUBLISH, 6, True)]  # fmt: skip


def test_a_reveal_is_thrown_away_with_its_step():
    kept = waiting(*publish(5), (Kind.REVEAL, 6), *publish(6), (Kind.REVEAL, 7), *publish(7))
    assert [(kind, step) for kind, step, _ in kept] == [
        *publish(5, 6), (Kind.REVEAL, 7), *publish(7)
    ]  # fmt: skip


def test_members_are_kept_and_what_was_asked_in_steps_before_is_not():
    asked = [(kind, step) for kind in (Kind.AUDIT, Kind.PULL, Kind.BLOCK) for step in (7, 8)]
    kept = waiting((Kind.MEMBERS, 1), *asked, *publish(8))
    now = [(kind, step) for kind, step in asked if step == 8]
    assert kept == [(*o, True) for o in [(Kind.MEMBERS, 1), *now, *publish(8)]]


def test_stop_takes_the_use_of_all_before_it():
    kept = waiting(*publish(1), (Kind.REVEAL, 2), *publish(2), (Kind.STOP, 0))
    assert kept == [(Kind.PUBLISH, 1, False), (Kind.PUBLISH, 2, False), (Kind.STOP, 0, True)]


def test_a_step_is_overtaken_by_later_parameters_or_stop_only():
    backlog = Backlog()
    for message in [Message(Kind.REVEAL, 9), Message(Kind.PUBLISH, 5), Message(Kind.MEMBERS, 7)]:
        backlog.put(message)
    assert [backlog.overtakes(step) for step in (4, 5, 6)] == [True, False, False]
    backlog.put(Message(Kind.STOP))
    assert backlog.overtakes(6)
