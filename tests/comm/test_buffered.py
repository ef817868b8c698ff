"""Buffered link over real sockets: sends complete though the rank computes, and nothing is lost."""

import threading

import pytest
import torch
from support import PATIENCE, wait_for

from robusttrain.comm.buffered import Buffered
from robusttrain.comm.link import HEADER_BYTES, Kind, LinkError, Message

LIMIT, LONG = 1 << 20, 60 * PATIENCE


def publish(step):
    return Message(Kind.PUBLISH, step, payload=torch.full((LIMIT,), step, dtype=torch.uint8))


def test_sends_complete_while_the_rank_computes_and_it_gets_the_latest(meeting):
    sent, seen = threading.Event(), []

    def rank(link):
        buffered = Buffered(link, LIMIT)
        seen.append(buffered.receive(LIMIT, LONG))
        assert sent.wait(LONG)
        wait_for(lambda: buffered.late(7))
        while (message := buffered.receive(LIMIT, LONG)).kind != Kind.STOP:
            seen.append(message)
        buffered.close()

    link = meeting.join(rank)[1]
    for step in range(9):
        link.send(publish(step), LONG)
    sent.set()
    link.send(Message(Kind.MEMBERS, 9), LONG)
    wait_for(lambda: len(seen) == 10)
    link.send(Message(Kind.STOP), LONG)
    assert [m.step for m in seen] == [*range(9), 9]
    assert [m.size > 0 for m in seen] == [True, *[False] * 6, True, True, False]
    assert all((m.payload == m.step).all() for m in seen if m.size)


def test_messages_that_come_while_it_waits_keep_their_order(meeting):
    count, seen = 200, []

    def rank(link):
        buffered = Buffered(link, LIMIT)
        for _ in range(count):
            seen.append(buffered.receive(LIMIT, LONG).step)
        assert buffered.received == count * HEADER_BYTES

    link = meeting.join(rank)[1]
    for step in range(count):
        link.send(Message(Kind.MEMBERS, step), LONG)
    wait_for(lambda: len(seen) == count)
    assert seen == list(range(count))


def test_a_server_that_is_silent_or_gone_is_reported(meeting):
    link = Buffered(meeting.join(meeting.hang)[1], LIMIT)
    with pytest.raises(LinkError, match="was silent for 1 s"):
        link.receive(LIMIT, 1)
    link.close()
    for _ in range(2):
        with pytest.raises(LinkError, match="broke"):
            link.receive(LIMIT, LONG)


def test_a_rank_that_stops_reading_takes_in_one_message_more_and_keeps_its_link(meeting):
    done, ends = threading.Event(), []

    def rank(link):
        ends.append(Buffered(link, LIMIT))
        ends[0].receive(LIMIT, LONG)
        ends[0].stop_reading()
        done.set()
        meeting.over.wait(LONG)

    link = meeting.join(rank)[1]
    link.send(publish(0), LONG)
    assert done.wait(LONG)

    def fill_the_sockets():
        for step in range(1000):
            link.send(publish(step), 1)

    with pytest.raises(LinkError, match="was silent for 1 s"):
        fill_the_sockets()
    assert ends[0].received in (HEADER_BYTES + LIMIT, 2 * (HEADER_BYTES + LIMIT))
