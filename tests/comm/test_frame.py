"""Frames: bytes become messages whatever pieces they come in, and never take too much memory."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from robusttrain.comm import frame
from robusttrain.comm.frame import FIRST, NUMBERS, Incoming, Outgoing, fields
from robusttrain.comm.link import HEADER_BYTES, MAGIC, Kind, LinkError, Message, Overlong, table

LIMIT = 1000
RIGHT = [MAGIC, Kind.ROWS, 5, 4, 3, 2]


def feed(incoming: Incoming, data: bytes, limit: int = LIMIT) -> list[Message]:
    messages = []
    while data:
        space = incoming.space()
        count = min(len(space), len(data))
        space[:count] = data[:count]
        if (message := incoming.add(count, limit)) is not None:
            messages.append(message)
        data = data[count:]
    return messages


def written(message: Message) -> bytes:
    outgoing, data = Outgoing(message), b""
    while not outgoing.done:
        part = bytes(outgoing.rest()[:1000])
        outgoing.advance(len(part))
        data += part
    return data


MESSAGES = st.builds(
    Message, st.sampled_from(Kind), *[st.integers(-(1 << 62), 1 << 62)] * 3,
    st.binary(max_size=99).map(table),
)  # fmt: skip


@settings(max_examples=50)
@given(st.lists(MESSAGES, max_size=4), st.lists(st.integers(1, 60), min_size=1))
def test_messages_come_out_as_they_went_in_whatever_the_pieces(messages, sizes):
    incoming, came, data = Incoming(), [], b"".join(map(written, messages))
    while data:
        size = sizes[len(data) % len(sizes)]
        came += feed(incoming, data[:size])
        data = data[size:]
    assert [m.header for m in came] == [m.header for m in messages]
    assert [m.bytes().tobytes() for m in came] == [m.bytes().tobytes() for m in messages]


@pytest.mark.parametrize("size", [0, 1, FIRST - 1, FIRST, FIRST + 1, 100_000])
def test_what_is_written_is_header_and_payload(size):
    payload = torch.arange(size).to(torch.uint8)
    message = Message(Kind.ROWS, 5, 4, 3, payload)
    assert written(message) == NUMBERS.pack(*message.header) + payload.numpy().tobytes()


def test_all_of_an_overlong_payload_is_written():
    assert len(written(Overlong(Kind.ROWS, 0, 0, 0, table(b"abcd"), 2))) == HEADER_BYTES + 4


def test_a_payload_is_not_copied_but_for_what_goes_with_the_header():
    payload = torch.zeros(FIRST + 10, dtype=torch.uint8)
    outgoing = Outgoing(Message(Kind.ROWS, payload=payload))
    outgoing.advance(len(outgoing.rest()))
    assert np.frombuffer(outgoing.rest(), np.uint8).ctypes.data == payload.data_ptr() + FIRST


@pytest.mark.parametrize(
    ("place", "value", "wrong"),
    [(0, 1, "no message"), (1, 99, "no such kind"), (1, 0, "no such kind"), (1, -5, "no such kind"),
     (5, LIMIT + 1, "beyond the limit"), (5, 1 << 62, "beyond the limit"), (5, -1, "negative")],
)  # fmt: skip
def test_a_wrong_header_is_refused_before_memory_is_taken(monkeypatch, place, value, wrong):
    monkeypatch.setattr(frame.torch, "empty", lambda *size, **more: pytest.fail("memory taken"))
    header = list(RIGHT)
    header[place] = value
    with pytest.raises(LinkError, match=f"broke the protocol: header .*limit 1000: .*{wrong}"):
        feed(Incoming(), NUMBERS.pack(*header))


def test_a_payload_of_just_the_limit_is_taken_and_labels_are_anything():
    extreme = [MAGIC, Kind.ROWS, -(1 << 63), (1 << 63) - 1, 0, LIMIT]
    assert fields(extreme, LIMIT) == tuple(extreme[1:])
