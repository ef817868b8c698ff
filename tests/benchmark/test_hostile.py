"""Hostile frames, a seeded tenth: the server lives, and only the hostile rank pays."""

import io

import numpy as np
import pytest
from rich.console import Console

from robusttrain.benchmark.hostile import FRAMES, LIMIT, attack, frame, hostile_table
from robusttrain.comm.frame import Incoming
from robusttrain.comm.link import HEADER_BYTES, Kind

ACCEPTED = {
    "right", "twice", "too_long", "of_another_step", "of_another_kind", "a_number_changed"
}  # fmt: skip


@pytest.fixture(scope="module")
def outcome():
    return attack(2000, seed=3)


def test_the_honest_rank_loses_nothing(outcome):
    assert outcome.frames.total() == 2000
    assert len(outcome.frames) == len(FRAMES)
    assert outcome.missed == 0


def test_memory_and_threads_are_as_before(outcome):
    assert outcome.threads == 0
    assert outcome.grown < 64 << 20


def test_what_is_accepted_is_what_could_be_a_correct_ranks(outcome):
    """Another kind, or number, may be drawn the same; what is too long comes next."""
    assert {name for name, count in outcome.taken.items() if count} <= ACCEPTED
    assert outcome.taken["right"] > 0


def test_each_way_to_be_wrong_is_told_by_its_own_words(outcome):
    said = " ".join(outcome.reasons)
    for words in (
        "this is no message", "no such kind", "beyond the limit", "is negative", "bytes where",
        "closed the connection", "left: ", "failed: ",
    ):  # fmt: skip
        assert words in said


@pytest.mark.parametrize("make", FRAMES)
def test_frames_repeat_with_their_seed(make):
    one, two, other = (make(np.random.default_rng(seed), 5) for seed in (1, 1, 2))
    assert one == two
    assert len(one) <= 2 * (HEADER_BYTES + LIMIT)
    assert isinstance(other, bytes)


def test_a_right_frame_is_a_message():
    incoming, data = Incoming(), frame(7)
    incoming.space()[:] = data[:HEADER_BYTES]
    assert incoming.add(HEADER_BYTES, LIMIT) is None
    message = incoming.add(3, LIMIT)
    assert (message.kind, message.step, message.size) == (Kind.COMMIT, 7, 3)


def test_the_table_says_how_many_and_why(outcome):
    console = Console(file=io.StringIO(), width=200)
    console.print(hostile_table(outcome))
    text = console.file.getvalue()
    assert "2000 hostile frames; the process lives" in text
    assert "answers of the honest rank that were missed" in text
