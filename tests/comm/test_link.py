"""Messages: their header, labels and payload. Links: what holds for every kind of them."""

import threading
import time

import numpy as np
import pytest
import torch
from support import PATIENCE

from robusttrain.comm.link import (
    HEADER,
    HEADER_BYTES,
    MAGIC,
    Kind,
    LinkError,
    Message,
    Overlong,
    table,
)

LIMIT, LONG = 1000, 60 * PATIENCE


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


def send(*messages: Message):
    def peer(link) -> None:
        for message in messages:
            link.send(message, LONG)

    return peer


def test_messages_arrive_in_order_with_all_their_fields(meeting):
    """A payload of exactly the limit is taken, and so is none at all."""
    payload = torch.arange(LIMIT).to(torch.uint8)
    sent = [Message(Kind.ROWS, 5, 4, 3, payload), Message(Kind.STOP), Message(Kind.PULL, 1 << 40)]
    link = meeting.join(send(*sent))[1]
    for message in sent:
        arrived = link.receive(LIMIT, LONG)
        assert arrived.header == message.header
        assert arrived.bytes().tolist() == message.bytes().tolist()
    assert link.received == 3 * HEADER_BYTES + LIMIT


def test_both_ends_can_send_at_once(meeting):
    """What is posted is on its way while this end receives."""
    big = Message(Kind.ROWS, payload=torch.zeros(LIMIT, dtype=torch.uint8))

    def exchange(link) -> Message:
        posted = link.post(big)
        arrived = link.receive(LIMIT, LONG)
        link.settle(posted, time.monotonic() + LONG)
        return arrived

    assert exchange(meeting.join(exchange)[1]).size == LIMIT


def test_a_silent_peer_is_reported_after_its_seconds(meeting):
    link = meeting.join(meeting.hang)[1]
    with pytest.raises(LinkError, match="was silent for 1 s"):
        link.receive(LIMIT, 1)
    link.close()


def test_a_peer_that_closes_is_reported_at_once_and_not_after_the_limit(meeting):
    link = meeting.join(lambda link: link.close())[1]
    with pytest.raises(LinkError, match="broke"):
        link.receive(LIMIT, LONG)


def test_closing_wakes_a_thread_that_waits_without_end(meeting):
    link, raised = meeting.join(meeting.hang)[1], []

    def wait() -> None:
        try:
            link.receive(LIMIT)
        except LinkError as error:
            raised.append(str(error))

    thread = threading.Thread(target=wait, daemon=True)
    thread.start()
    link.close()
    thread.join(LONG)
    assert len(raised) == 1


def test_an_inbox_gives_messages_in_order_and_the_end_last(meeting):
    inbox = meeting.join(send(*(Message(Kind.PULL, step) for step in range(3))))[1].inbox(LIMIT)
    assert [inbox.get(LONG).step for _ in range(3)] == [0, 1, 2]
    with pytest.raises(TimeoutError):
        inbox.get(0.01)
    inbox.link.close()
    with pytest.raises(LinkError):
        inbox.get(LONG)
