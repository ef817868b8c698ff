"""Messages: their header, labels and payload."""

import numpy as np
import pytest
import torch

from robusttrain.comm.link import HEADER, MAGIC, Kind, Message, Overlong, table


def test_a_header_has_its_numbers_in_order():
    message = Message(Kind.ROWS, 7, 2, 3, table(b"abcd"))
    assert message.header == [MAGIC, int(Kind.ROWS), 7, 2, 3, 4]
    assert len(message.header) == HEADER
    assert Message(Kind.STOP).header[-1] == 0


def test_kinds_have_different_numbers():
    assert len({int(kind) for kind in Kind}) == len(Kind.__members__)


@pytest.mark.parametrize("payload", [None, table(b"answer")])
def test_a_reply_keeps_the_labels_and_nothing_of_the_payload(payload):
    asked = Message(Kind.BLOCK, 7, 2, 3, table(b"question"))
    reply = asked.reply(Kind.ROWS, payload)
    assert (reply.step, reply.pull, reply.index) == (7, 2, 3)
    assert reply.kind == Kind.ROWS
    assert reply.payload is payload
    assert asked.kind == Kind.BLOCK


def test_without_a_payload_it_reads_as_nothing():
    assert Message(Kind.AUDIT).bytes().tolist() == []
    assert Message(Kind.AUDIT).floats().tolist() == []
    assert table(b"") is None


def test_a_payload_is_read_back_bit_for_bit():
    values = np.array([1.5, -0.0, np.nan, np.inf, 1e-45], np.float32)
    message = Message(Kind.PUBLISH, payload=table(values.tobytes()))
    assert message.bytes().tobytes() == values.tobytes()
    assert message.floats().numpy().tobytes() == values.tobytes()
    assert message.floats().dtype == torch.float32


def test_a_payload_can_be_written_to():
    """And its bytes stay as they are."""
    data = bytes([1, 2])
    payload = table(data)
    payload[0] = 9
    assert (list(data), payload.tolist()) == ([1, 2], [9, 2])


def test_an_overlong_message_announces_less_than_it_holds():
    message = Overlong(Kind.ROWS, 1, 2, 3, table(b"abcd"), announced=2)
    assert message.header == [MAGIC, int(Kind.ROWS), 1, 2, 3, 2]
    assert message.payload.numel() == 4
    assert Message(Kind.ROWS, 1, 2, 3, table(b"ab")).header == message.header
