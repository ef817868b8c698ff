"""Visitor: it goes on when bytes come, never waits, and knows its rank by the key alone."""

import socket
import threading
from contextlib import suppress

import pytest
import torch
from support import PATIENCE, wait_for

from robusttrain.comm.frame import NUMBERS
from robusttrain.comm.link import MAGIC, Kind, LinkError, Message, table
from robusttrain.comm.pairs import contexts, identity
from robusttrain.comm.tls import binary
from robusttrain.comm.tls_link import TlsLink
from robusttrain.comm.visitor import Visitor

LONG = 60 * PATIENCE
CPU = torch.device("cpu")
RANKS = {binary(identity("rank 1").certificate): 1}


@pytest.fixture
def visit():
    """(visitor, the other end's plain socket)"""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        far = socket.create_connection(listener.getsockname())
        near, _ = listener.accept()
    visitor = Visitor(near, contexts()[0], CPU, until=0.0)
    yield visitor, far
    far.close()
    visitor.close()


def come(far: socket.socket, *said: Message) -> list[TlsLink]:
    """Rank 1 shakes hands in a thread, and says what it says."""
    links = []

    def be() -> None:
        with suppress(OSError, LinkError):
            links.append(TlsLink(contexts()[1].wrap_socket(far), CPU))
            for message in said:
                links[0].send(message, LONG)

    threading.Thread(target=be, daemon=True).start()
    return links


def test_the_first_message_is_given_once_it_is_whole(visit):
    visitor, far = visit
    assert visitor.step(RANKS) is None
    assert visitor.rank == 0
    come(far, Message(Kind.HELLO, payload=table(b"abc")), Message(Kind.COMMIT))
    came = []
    wait_for(lambda: came.append(visitor.step(RANKS)) or came[-1])
    assert (came[-1].kind, came[-1].bytes().tobytes()) == (Kind.HELLO, b"abc")
    assert visitor.rank == 1
    assert visitor.link.receive(9, LONG).kind == Kind.COMMIT


def test_a_key_that_is_pinned_and_no_ranks_any_more_is_refused(visit):
    visitor, far = visit
    come(far)
    with pytest.raises(LinkError, match="showed no certificate of a rank"):
        wait_for(lambda: visitor.step({}))


@pytest.mark.parametrize(
    "data", [b"GET / HTTP/1.1\r\n\r\n", bytes(100), b"\x16\x03\x01\xff\xff" * 9]
)
def test_what_is_no_handshake_is_refused(visit, data):
    visitor, far = visit
    far.sendall(data)
    far.shutdown(socket.SHUT_WR)
    with pytest.raises(LinkError, match="showed no certificate of a rank: "):
        wait_for(lambda: visitor.step(RANKS))


def test_a_first_message_that_is_too_long_is_refused(visit):
    visitor, far = visit
    links = come(far)
    with pytest.raises(LinkError, match="beyond the limit"):
        wait_for(
            lambda: (
                visitor.step(RANKS)
                or (
                    links and links[0].connection.send(NUMBERS.pack(MAGIC, 1, 0, 0, 0, 1 << 20)) < 0
                )
            )
        )
