"""The hub over real sockets: payloads are counted, stale ones thrown away, bad peers dropped alone.

Deadlines and labels: tests/protocol/test_in_process.py has them on a virtual clock.
"""

import re
import threading
import time
from types import SimpleNamespace

import pytest
import torch
from support import PATIENCE, wait_for

from robusttrain.comm.hub import Hub
from robusttrain.comm.joined import Joined
from robusttrain.comm.link import HEADER_BYTES, Kind, Link, LinkError, Message, table
from robusttrain.comm.machine import Machine

LIMIT, LONG = 1 << 20, 60 * PATIENCE
MANY = 20
SHORT = 2 * PATIENCE  # a deadline that is missed


def answer(size: int, **labels: int):
    """A peer that commits `size` bytes to each step it is asked for, then leaves at STOP."""

    def peer(link: Link) -> None:
        while (message := link.receive(LIMIT, LONG)).kind != Kind.STOP:
            payload = torch.full((size,), message.step, dtype=torch.uint8)
            reply = Message(Kind.COMMIT, labels.get("step", message.step), payload=payload)
            link.send(reply, LONG)
        link.close()

    return peer


def publish(hub: Hub, step: int) -> dict:
    hub.send(dict.fromkeys(hub.links, Message(Kind.PUBLISH, step, payload=table(b"parameters"))))
    payloads = hub.gather(Message(Kind.COMMIT, step), dict.fromkeys(list(hub.links), 3))
    return {rank: payload.tolist() for rank, payload in payloads.items()}


def test_payloads_arrive_and_are_counted(meeting):
    hub = meeting.hub(answer(3), answer(3))
    for step in range(3):
        assert publish(hub, step) == {1: [step] * 3, 2: [step] * 3}
    assert hub.received == 3 * 2 * (HEADER_BYTES + 3)
    hub.stop()
    assert hub.lost == {}


def test_what_ends_with_a_payload_is_told_it(meeting):
    said = []

    def peer(link: Link) -> None:
        message = link.receive(LIMIT, LONG)
        said.append((message.kind, message.bytes().tobytes()))
        link.close()

    meeting.hub(peer, peer).stop(table(b"parameters"))
    assert said == [(Kind.STOP, b"parameters")] * 2


def leave(link: Link) -> None:
    link.send(link.receive(LIMIT, LONG).reply(Kind.LEAVE), LONG)
    link.close()


def vanish(link: Link) -> None:
    link.receive(LIMIT, LONG)
    link.close()


@pytest.mark.parametrize(
    ("peer", "reason"),
    [
        (vanish, "broke"),
        (leave, "left: its training loop has ended"),
        (answer(4), "broke the protocol: .* of 4 bytes where .* of 3 was due"),
        (answer(3, step=7), "broke the protocol: .*7.* where"),
    ],
)
def test_a_bad_peer_is_dropped_alone(meeting, peer, reason):
    hub = meeting.hub(answer(3), peer, answer(3))
    assert publish(hub, 0) == {1: [0] * 3, 3: [0] * 3}
    assert list(hub.lost) == [2]
    assert re.search(reason, hub.lost[2])
    assert publish(hub, 1) == {1: [1] * 3, 3: [1] * 3}
    hub.stop()


def test_a_peer_that_is_late_is_silent_and_heard_again(meeting):
    """Its late answer is thrown away by its label; the next one counts."""
    go_on = threading.Event()

    def slow(link: Link) -> None:
        asked = [link.receive(LIMIT, LONG) for _ in range(2)]
        go_on.wait(LONG)
        for message in asked:
            said = torch.full((3,), message.step, dtype=torch.uint8)
            link.send(Message(Kind.COMMIT, message.step, payload=said), LONG)
        answer(3)(link)

    hub = meeting.hub(answer(3), slow, deadline=SHORT)
    assert publish(hub, 0) == {1: [0] * 3}
    assert (hub.lost, hub.silent, hub.present) == ({}, {2: "was late at COMMIT"}, [1])
    assert publish(hub, 1) == {1: [1] * 3}
    go_on.set()
    hub.deadline, hub.silent = LONG, {}
    assert publish(hub, 2) == {1: [2] * 3, 2: [2] * 3}
    hub.stop()


def test_a_peer_that_reads_nothing_is_dropped_and_the_others_hear_all(meeting):
    """What it does not take fills the sockets; the backlog keeps all of such messages."""
    hub = meeting.hub(answer(3), meeting.hang, deadline=SHORT)
    big = torch.zeros(LIMIT - 1, dtype=torch.uint8)
    for step in range(40):
        hub.post(2, Message(Kind.MEMBERS, step, payload=big))
    wait_for(lambda: hub.discard() or 2 in hub.lost)
    assert hub.lost[2].endswith("while the server sent")
    assert publish(hub, 1) == {1: [1] * 3}
    hub.stop()


def test_what_was_not_taken_is_thrown_away_and_says_how_far_a_rank_is(meeting):
    sent = threading.Event()

    def chatty(link: Link) -> None:
        for step in range(5):
            link.send(Message(Kind.COMMIT, step), LONG)
        sent.set()
        link.receive(LIMIT, LONG)
        link.close()

    hub = meeting.hub(chatty)
    assert sent.wait(LONG)
    wait_for(lambda: hub.discard() or hub.heard.get(1) == 4)
    hub.stop()


def test_a_rank_that_joins_anew_takes_the_place_of_its_lost_link(meeting):
    """And of one that is there still: its peer finds it ended."""
    joined = []
    hub = meeting.hub(vanish, answer(3))
    hub.door = SimpleNamespace(waiting=lambda: [joined.pop()] if joined else [],
                               close=lambda: joined.append("closed"))  # fmt: skip
    assert publish(hub, 0) == {2: [0] * 3}
    machine = Machine("node-7", "cpu", 4711)
    for rank, name in ((1, 3), (2, 4)):
        meeting.start(name, answer(3))
        joined.append(Joined(rank, meeting.link(name, side=0), machine))
        assert hub.welcome() == [rank]
    assert (hub.lost, hub.machines) == ({}, {1: machine, 2: machine})
    assert publish(hub, 1) == {1: [1] * 3, 2: [1] * 3}
    meeting.threads[1].join(LONG)
    assert not meeting.threads[1].is_alive()
    hub.stop()
    assert joined == ["closed"]


def test_a_peer_that_is_dropped_finds_its_link_ended(meeting):
    ends = []

    def peer(link: Link) -> None:
        link.send(Message(Kind.COMMIT, 0, payload=table(b"four")), LONG)
        try:
            while True:
                link.receive(LIMIT, LONG)
        except LinkError as error:
            ends.append(str(error))
            raise

    hub = meeting.hub(peer)
    assert publish(hub, 0) == {}
    meeting.threads[0].join(LONG)
    assert len(ends) == 1
    assert not ends[0].startswith("was silent")


def test_a_rank_that_fails_says_why_and_is_lost_alone(meeting):
    def fail(link: Link) -> None:
        link.receive(LIMIT, LONG)
        failure = Message(Kind.FAILED, payload=table(b"KeyError: \x1b[2J'w'\nTraceback\n  line"))
        link.send(failure, LONG)
        link.receive(LIMIT, LONG)

    hub = meeting.hub(answer(3), fail)
    assert publish(hub, 5) == {1: [5] * 3}
    assert hub.lost == {2: "failed: KeyError: [2J'w'"}
    assert hub.tracebacks == {2: "Traceback\n  line"}
    assert publish(hub, 6) == {1: [6] * 3}
    hub.stop()


def test_dismissed_ranks_are_told_to_stop_and_none_is_waited_for_longer_than_is_said(meeting):
    """One leaves at once; one hangs, and is not called lost."""
    stopped = []

    def leave(link: Link) -> None:
        stopped.append(link.receive(LIMIT, LONG).kind)
        link.close()

    hub = meeting.hub(leave, meeting.hang)
    hub.send({2: Message(Kind.PUBLISH)})
    start = time.monotonic()
    hub.dismiss(0.5)
    assert time.monotonic() - start < LONG / 2
    meeting.threads[0].join(LONG)
    assert stopped == [Kind.STOP]
    assert hub.lost == {}


def test_what_is_stale_is_thrown_away(meeting):
    def late(link: Link) -> None:
        link.receive(LIMIT, LONG)
        for step, pull in ((0, 0), (4, 1), (5, 2), (5, 3)):
            link.send(Message(Kind.ROWS, step, pull, 0, table(bytes([step, pull]))), LONG)
        link.receive(LIMIT, LONG)
        link.close()

    hub = meeting.hub(late)
    hub.send({1: Message(Kind.PUBLISH, 5)})
    assert hub.gather(Message(Kind.ROWS, 5, 3), {1: 2})[1].tolist() == [5, 3]
    hub.stop()


def test_posts_wait_for_nobody_and_keep_their_order(meeting):
    """The peer takes them only after all were posted; what is sent later comes after them."""
    heard, posted = [], threading.Event()

    def peer(link: Link) -> None:
        posted.wait(LONG)
        while (message := link.receive(LIMIT, LONG)).kind != Kind.STOP:
            heard.append(message.index)
        link.close()

    hub = meeting.hub(peer)
    for index in range(MANY):
        hub.post(1, Message(Kind.BLOCK, index=index))
    posted.set()
    hub.post(1, Message(Kind.BLOCK, index=MANY))
    wait_for(lambda: len(heard) == MANY + 1)
    hub.stop()
    assert heard == list(range(MANY + 1))
    assert hub.lost == {}


def test_the_first_of_several_that_are_due_is_taken_and_others_wait_their_turn(meeting):
    """Rank 2 says something of an earlier pull before; rank 3 is not asked."""
    first, second = threading.Event(), threading.Event()

    def peer(*said: tuple[int, threading.Event | None]):
        def speak(link: Link) -> None:
            for pull, after in said:
                if after is not None:
                    after.wait(LONG)
                link.send(Message(Kind.ROWS, 5, pull, payload=table(b"two")), LONG)
            link.receive(LIMIT, LONG)
            link.close()

        return speak

    hub = meeting.hub(peer((2, second)), peer((1, None), (2, first)), peer((2, None)))
    due = dict.fromkeys([1, 2], (Message(Kind.ROWS, 5, 2), 3))
    until = hub.clock() + LONG
    assert hub.arrival(due, until) is None
    first.set()
    assert hub.arrival(due, until)[0] == 2
    second.set()
    assert hub.arrival(due, until)[0] == 1
    assert hub.arrival(due, hub.clock()) is None
    assert hub.lost == {}
    assert hub.arrival({3: due[1]}, until)[0] == 3
    hub.stop()


@pytest.mark.parametrize("peer", [vanish, answer(4)])
def test_a_rank_that_is_lost_ends_the_wait_at_once(meeting, peer):
    hub = meeting.hub(peer, meeting.hang)
    hub.send(dict.fromkeys(hub.links, Message(Kind.PUBLISH)))
    start = time.monotonic()
    wanted = dict.fromkeys([1, 2], (Message(Kind.COMMIT), 3))
    assert hub.arrival(wanted, hub.clock() + LONG) is None
    assert time.monotonic() - start < LONG / 2
    assert list(hub.lost) == [1]


def test_closing_ends_every_link_and_its_thread(meeting):
    """Peers that still answer, or hang, are not waited for."""
    hub = meeting.hub(answer(3), meeting.hang)
    inboxes = list(hub._inboxes.values())
    hub.close()
    assert not any(inbox.is_alive() for inbox in inboxes)
