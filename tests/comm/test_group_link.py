"""Frames between two ranks over real sockets: what is no frame ends the link, and nothing else."""

import threading
import time

import pytest
import torch
from support import PATIENCE

from robusttrain.comm.group_link import first_line, to_host
from robusttrain.comm.link import HEADER_BYTES, MAGIC, Kind, LinkError, Message, table

LIMIT, LONG = 1000, 60 * PATIENCE


def header(*numbers: int):
    """A peer that sends these int64 numbers in place of a header."""
    return lambda link: link.control.send([torch.tensor(numbers)], 0, 0).wait()


@pytest.mark.parametrize(
    "numbers",
    [
        (MAGIC, Kind.COMMIT, 0, 0, 0, LIMIT + 1),
        (MAGIC, Kind.COMMIT, 0, 0, 0, -1),
        (MAGIC, 99, 0, 0, 0, 3),
        (1, 2, 3, 4, 5, 6),
        (0,),
    ],
)
def test_what_is_no_header_is_refused_before_a_payload_is_read(meeting, numbers):
    link = meeting.join(header(*numbers))[1]
    with pytest.raises(LinkError, match=r"broke the protocol: header \[.*\], limit 1000"):
        link.receive(LIMIT, LONG)
    assert link.received == 0


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


def test_a_peer_that_never_joins_is_reported(meeting):
    with pytest.raises(LinkError, match="did not join within 1 s"):
        meeting.link(1, side=0, seconds=1)


def test_bytes_in_host_memory_are_not_copied():
    payload = table(b"abc")
    assert to_host(payload) is payload


@pytest.mark.parametrize(
    ("text", "line"),
    [("[/pytorch/gloo.cc:12] Timed out\nframe 1", "Timed out"), ("plain", "plain"),
     ("", "RuntimeError('')")],
)  # fmt: skip
def test_an_error_of_torch_is_told_in_one_line(text, line):
    assert first_line(RuntimeError(text)) == line
