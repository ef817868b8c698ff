"""Answerer: one answer to each message; nothing is kept when the step is over."""

import numpy as np
import pytest
import torch

from robusttrain.comm.link import Kind, Message
from robusttrain.protocol import parcels
from robusttrain.protocol.answerer import Answerer

CPU = torch.device("cpu")


class Rank:
    """A worker of one row."""

    def __init__(self, reads_ahead=False):
        self.reads_ahead, self.recompute, self.layout = reads_ahead, self, self
        self.blocks, self.expected = [(0, 1), (1, 3)], []

    def answer(self, plan, parameters):
        self.seen = plan, parameters.tolist()
        return self

    def commitments(self, plan):
        return b"root"

    def roots(self, parameters, plan, tasks):
        return tasks.astype(np.uint8).tobytes()

    def choose(self, copies):
        self.copies = copies
        return [task - 7 for _, task in copies], b"leaves"

    def block(self, chosen, lo, hi):
        return torch.stack([10 * row + torch.arange(4.0)[lo:hi] for row in chosen])

    def expect(self, plan):
        self.expected.append(plan)


def say(answerer, kind, payload=None, index=0):
    data = None if payload is None else torch.from_numpy(payload).view(torch.uint8)
    message = Message(kind, 4, 1, index, data)
    (reply,) = answerer.replies(message, lambda step: f"plan {step}", CPU)
    assert (reply.step, reply.pull, reply.index) == (4, 1, index)
    return reply


def test_each_message_has_its_answer():
    rank = Rank()
    answerer = Answerer(rank)
    reply = say(answerer, Kind.PUBLISH, np.ones(2, np.float32))
    assert (reply.kind, reply.bytes().tobytes()) == (Kind.COMMIT, b"root")
    assert rank.seen == ("plan 4", [1.0, 1.0])
    assert say(answerer, Kind.AUDIT, np.array([5])).bytes().tolist() == [5]
    assert say(answerer, Kind.PULL, np.array([2, 7])).bytes().tobytes() == b"leaves"
    assert rank.copies == [(2, 7)]
    assert say(answerer, Kind.BLOCK, index=1).floats().tolist() == [1.0, 2.0]


def test_rows_are_forgotten_and_what_comes_next_is_expected_only_if_it_can_be():
    for ahead in (False, True):
        rank = Rank(ahead)
        answerer = Answerer(rank)
        say(answerer, Kind.PUBLISH, np.ones(2, np.float32))
        answerer.expect(lambda: "next")
        assert rank.expected == ["next"] * ahead
        answerer.forget()
        assert not list(answerer.replies(Message(Kind.PULL, 4), str, CPU))


@pytest.mark.parametrize(("whole", "late"), [(False, False), (True, True)])
def test_a_step_that_the_server_has_left_is_left_out(whole, late):
    """What is asked about it after that, too."""
    answerer = Answerer(Rank())
    say(answerer, Kind.PUBLISH, np.ones(2, np.float32))
    answerer.forget()
    data = torch.ones(2).view(torch.uint8) if whole else None
    for kind in (Kind.PUBLISH, Kind.AUDIT, Kind.PULL, Kind.BLOCK):
        assert not list(answerer.replies(Message(kind, 5, payload=data), str, CPU, lambda: late))


def test_rows_are_sent_in_parcels(monkeypatch):
    """Two rows of two blocks, a message each."""
    monkeypatch.setattr(parcels, "PARCEL", 1)
    answerer = Answerer(Rank())
    say(answerer, Kind.PUBLISH, np.ones(2, np.float32))
    say(answerer, Kind.PULL, np.array([2, 7, 2, 8]))
    sent = [say(answerer, Kind.BLOCK, index=index).floats().tolist() for index in range(4)]
    assert sent == [[0.0], [10.0], [1.0, 2.0], [11.0, 12.0]]
