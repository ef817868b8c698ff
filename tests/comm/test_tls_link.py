"""The link over TLS: it says what was wrong with what came, and leaves no thread hanging."""

import random
import socket
import threading
import time
from contextlib import suppress

import pytest
import torch
from support import PATIENCE, wait_for

from robusttrain.comm.frame import NUMBERS
from robusttrain.comm.link import HEADER_BYTES, MAGIC, Kind, LinkError, Message, Overlong, table
from robusttrain.comm.pairs import raw_pair, tls_pair
from robusttrain.comm.reader import PAYLOADS
from robusttrain.comm.tls_link import TlsLink

LIMIT, LONG = 1 << 16, 60 * PATIENCE
CPU = torch.device("cpu")


@pytest.fixture
def ends():
    """A link's two ends: the server's, and the worker rank's."""
    made = tls_pair()
    yield made
    for link in made:
        link.close()


@pytest.fixture
def stranger():
    """(link, connection): the server's end, and what a hostile rank writes to as it likes."""
    near, far = raw_pair()
    link = TlsLink(near, CPU)
    yield link, far
    far.close()
    link.close()


@pytest.mark.parametrize(
    ("data", "wrong"),
    [
        (b"GET / HTTP/1.1\r\nHost: server" + bytes(99), "this is no message"),
        (NUMBERS.pack(MAGIC, Kind.COMMIT, 0, 0, 0, LIMIT + 1), "beyond the limit"),
        (NUMBERS.pack(MAGIC, Kind.COMMIT, 0, 0, 0, -1), "negative"),
        (NUMBERS.pack(MAGIC, 99, 0, 0, 0, 3), "no such kind"),
    ],
)
def test_what_is_no_header_is_named(stranger, data, wrong):
    link, connection = stranger
    connection.sendall(data)
    with pytest.raises(LinkError, match=f"broke the protocol: .*{wrong}"):
        link.receive(LIMIT, LONG)


def test_more_bytes_than_announced_end_the_link_and_nothing_else(ends):
    server, rank = ends
    rank.send(Overlong(Kind.ROWS, 0, 0, 0, table(bytes(1000)), announced=10), LONG)
    assert server.receive(LIMIT, LONG).size == 10
    with pytest.raises(LinkError, match="this is no message"):
        server.receive(LIMIT, LONG)


def test_fewer_bytes_than_announced_are_waited_for_until_the_deadline(stranger):
    link, connection = stranger
    connection.sendall(NUMBERS.pack(MAGIC, Kind.ROWS, 0, 0, 0, 100) + bytes(99))
    with pytest.raises(LinkError, match="was silent for 0 s"):
        link.receive(LIMIT, 0.2)
    connection.sendall(b"x")
    assert link.receive(LIMIT, LONG).bytes().tolist() == [0] * 99 + [ord("x")]


def test_bytes_that_are_no_tls_end_the_link(stranger):
    link, connection = stranger
    with socket.socket(fileno=connection.detach()) as plain:
        plain.sendall(bytes(100))
        with pytest.raises(LinkError, match="broke: "):
            link.receive(LIMIT, LONG)


def test_messages_of_all_sizes_cross_in_both_directions_at_once(ends):
    """Each end sends in one thread and receives in another; every byte arrives."""
    sizes = [random.Random(0).choice((0, 1, 16336, 16337, LIMIT, 999)) for _ in range(200)]
    wrong = []

    def send(link: TlsLink) -> None:
        for step, size in enumerate(sizes):
            payload = torch.full((size,), step % 251, dtype=torch.uint8)
            link.send(Message(Kind.ROWS, step, payload=payload), LONG)

    def receive(link: TlsLink) -> None:
        for step, size in enumerate(sizes):
            message = link.receive(LIMIT, LONG)
            right = message.payload is None or bool((message.payload == step % 251).all())
            if (message.step, message.size, right) != (step, size, True):
                wrong.append(message.header)

    threads = [
        threading.Thread(target=f, args=(e,), daemon=True) for e in ends for f in (send, receive)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(LONG)
    assert not any(thread.is_alive() for thread in threads)
    assert wrong == []
    assert ends[0].received == ends[1].received == sum(sizes) + HEADER_BYTES * len(sizes)


def test_posts_go_out_in_order_though_nobody_settles_them(ends):
    """They are more than the buffers hold, and the sender does something else meanwhile."""
    big = torch.zeros(8 << 20, dtype=torch.uint8)
    start = time.monotonic()
    posted = [ends[0].post(Message(Kind.PUBLISH, step, payload=big)) for step in range(2)]
    assert time.monotonic() - start < LONG / 2
    assert [ends[1].receive(8 << 20, LONG).step for _ in range(2)] == [0, 1]
    for one in posted:
        ends[0].settle(one, time.monotonic() + LONG)


def test_a_peer_that_reads_nothing_costs_its_deadline_and_no_more(ends):
    big = Message(Kind.PUBLISH, payload=torch.zeros(32 << 20, dtype=torch.uint8))
    with pytest.raises(LinkError, match="was silent for 0 s"):
        ends[0].send(big, 0.2)


@pytest.mark.parametrize("closes", [0, 1])
def test_closing_either_end_wakes_all_that_wait_at_both(ends, closes):
    big, raised = torch.zeros(32 << 20, dtype=torch.uint8), []

    def note(call) -> None:
        try:
            call()
        except LinkError as error:
            raised.append(str(error))

    calls = [
        lambda: ends[0].receive(LIMIT),
        lambda: ends[0].send(Message(Kind.PUBLISH, payload=big), 1e6),
    ]
    threads = [threading.Thread(target=note, args=(call,), daemon=True) for call in calls]
    for thread in threads:
        thread.start()
    wait_for(lambda: ends[0]._users == 2)
    ends[closes].close()
    for thread in threads:
        thread.join(LONG)
    assert len(raised) == 2
    assert all(said.startswith("broke") for said in raised)


def test_the_descriptor_is_given_back_once_nobody_uses_it(ends):
    def wait() -> None:
        with suppress(LinkError):
            ends[0].receive(LIMIT)

    thread = threading.Thread(target=wait, daemon=True)
    thread.start()
    wait_for(lambda: ends[0]._users == 1)
    ends[0].close()
    thread.join(LONG)
    ends[1].close()
    assert [end.connection.fileno() for end in ends] == [-1, -1]
    for call in (lambda: ends[0].receive(LIMIT), lambda: ends[0].post(Message(Kind.STOP))):
        with pytest.raises(LinkError, match="broke: it is closed"):
            call()


def test_a_flood_is_held_up_and_takes_bounded_memory(ends):
    """Nobody takes the messages; the flooding rank alone waits, and closing ends all of it."""
    server, rank = ends
    inbox, sent = server.inbox(LIMIT), []

    def flood() -> None:
        message = Message(Kind.ROWS, payload=torch.zeros(LIMIT, dtype=torch.uint8))
        with suppress(LinkError):
            while True:
                rank.send(message, 1e6)
                sent.append(1)

    thread = threading.Thread(target=flood, daemon=True)
    thread.start()
    wait_for(lambda: len(inbox._unread) == PAYLOADS)
    before = -1
    while before != len(sent):  # until the buffers of the kernel are full, too
        before = len(sent)
        time.sleep(0.2)
    assert len(inbox._unread) == PAYLOADS
    assert server.received == PAYLOADS * (LIMIT + HEADER_BYTES)
    server.close()
    thread.join(LONG)
    inbox.join(LONG)
    assert not thread.is_alive()
    assert not inbox.is_alive()
