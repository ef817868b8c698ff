"""Writer: nobody waits for a receiver; one that takes nothing loses its link after its time."""

import torch
from support import PATIENCE, wait_for

from robusttrain.comm.hub import Hub
from robusttrain.comm.link import Kind, Message
from robusttrain.comm.writer import Writer

LIMIT, LONG = 1 << 20, 60 * PATIENCE


def publish(step):
    return Message(Kind.PUBLISH, step, payload=torch.full((LIMIT,), step, dtype=torch.uint8))


def test_messages_are_sent_in_order_until_it_ends(meeting):
    seen = []

    def rank(link):
        while (message := link.receive(LIMIT, LONG)).kind != Kind.STOP:
            seen.append(message.step)

    writer = Writer(meeting.join(rank)[1], LONG)
    writer.start()
    for step in range(100):
        writer.put(Message(Kind.MEMBERS, step))
    writer.put(Message(Kind.STOP))
    writer.end()
    writer.join(LONG)
    wait_for(lambda: len(seen) == 100)
    assert seen == list(range(100))


def test_a_rank_that_takes_nothing_holds_up_nobody_and_is_dropped(meeting):
    """It announces itself, and then neither reads nor leaves."""
    seen = []

    def honest(link):
        while not meeting.over.is_set():
            seen.append(link.receive(LIMIT, LONG).step)

    def frozen(link):
        link.send(Message(Kind.HELLO), LONG)
        meeting.over.wait(LONG)

    hub = Hub(meeting.join(frozen, honest), LIMIT, 2 * PATIENCE)
    assert hub.receive(hub.clock() + LONG)[0] == 1
    for step in range(5):
        hub.send(dict.fromkeys(hub.links, publish(step)))
        wait_for(lambda step=step: step in seen)
    assert set(hub.links) == {1, 2}
    wait_for(lambda: hub.receive(hub.clock() + 0.1) is None and hub.lost)
    hub.close()
    assert set(hub.lost) == {1}
    assert hub.lost[1].endswith("while the server sent")
