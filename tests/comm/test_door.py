"""Door: ranks come in, again and again; strangers do not, however many they are."""

import socket
import ssl
import threading
from contextlib import suppress

import pytest
import torch
from support import PATIENCE, wait_for

from robusttrain.comm import door as module
from robusttrain.comm.door import STRANGERS, Door
from robusttrain.comm.hello import DIFFERS, Hello
from robusttrain.comm.identity import fresh
from robusttrain.comm.joined import Joined
from robusttrain.comm.link import Kind, LinkError, Message, table
from robusttrain.comm.machine import Machine
from robusttrain.comm.pairs import contexts, identity
from robusttrain.comm.reach import Refused, reach
from robusttrain.comm.tls_link import TlsLink

LONG = 60 * PATIENCE
CPU = torch.device("cpu")
MARK = bytes(range(32))
THERE = Machine("node-7", "cpu", 4711)
RIGHT = Message(Kind.HELLO, payload=table(Hello(MARK, THERE).encode()))


@pytest.fixture
def door():
    """A door for ranks 1 and 2."""
    made = Door(("127.0.0.1", 0), identity("server"), MARK, CPU)
    made.admit(1, identity("rank 1").certificate)
    made.admit(2, identity("rank 2").certificate)
    yield made
    made.close()
    assert not made.is_alive()


def come(door: Door, rank: int, hello: Message = RIGHT, seconds: float = LONG) -> TlsLink:
    own, server = identity(f"rank {rank}"), identity("server").certificate
    return reach(("127.0.0.1", door.port), own, server, hello, CPU, seconds)


def let_in(door: Door, count: int = 1) -> list[Joined]:
    joined = []
    wait_for(lambda: joined.extend(door.waiting()) or len(joined) >= count)
    return joined


def test_ranks_come_in_with_their_number_and_machine(door):
    links = {rank: come(door, rank) for rank in (2, 1)}
    joined = sorted(let_in(door, 2), key=lambda one: one.rank)
    assert [(one.rank, one.machine) for one in joined] == [(1, THERE), (2, THERE)]
    assert door.waiting() == []
    for one in joined:
        links[one.rank].send(Message(Kind.COMMIT, one.rank), LONG)
        assert one.link.receive(9, LONG).step == one.rank
        one.link.send(Message(Kind.STOP), LONG)
        assert links[one.rank].receive(9, LONG).kind == Kind.STOP
        one.link.close()


def test_a_rank_comes_again_at_any_time(door):
    come(door, 1)
    first = let_in(door)[0]
    again = come(door, 1)
    second = let_in(door)[0]
    assert (first.rank, second.rank) == (1, 1)
    again.send(Message(Kind.COMMIT), LONG)
    assert second.link.receive(9, LONG).kind == Kind.COMMIT


def test_of_two_links_of_a_rank_that_nobody_has_taken_the_later_stays(door):
    earlier, later = come(door, 1), come(door, 1)
    with pytest.raises(LinkError, match="broke"):
        earlier.receive(9, LONG)
    (joined,) = let_in(door)
    later.send(Message(Kind.COMMIT), LONG)
    assert joined.link.receive(9, LONG).kind == Kind.COMMIT


def test_a_rank_that_runs_something_else_is_told_so_and_can_come_back(door):
    with pytest.raises(Refused, match="lets this rank not in: it runs another configuration"):
        come(door, 1, Message(Kind.HELLO, payload=table(Hello(MARK[::-1], THERE).encode())))
    assert door.turned[1].reason == DIFFERS
    come(door, 1)
    assert let_in(door)[0].rank == 1
    assert door.turned == {}


@pytest.mark.parametrize(
    ("hello", "reason", "traceback"),
    [(Message(Kind.FAILED, payload=table(b"OSError: no disk\nTrace")), "failed: OSError: no disk",
      "Trace"),
     (Message(Kind.COMMIT, payload=RIGHT.payload), "broke the protocol: COMMIT of 218 bytes", ""),
     (Message(Kind.HELLO, payload=table(MARK)), DIFFERS, ""), (Message(Kind.HELLO), DIFFERS, "")],
)  # fmt: skip
def test_a_rank_that_says_something_else_first_is_noted_and_kept_out(
    door, hello, reason, traceback
):
    if hello.kind == Kind.FAILED:
        come(door, 2, hello)
    else:
        with pytest.raises(Refused):
            come(door, 2, hello)
    wait_for(lambda: 2 in door.turned)
    assert door.turned[2].reason.startswith(reason)
    assert door.turned[2].traceback == traceback
    assert door.waiting() == []


def test_strangers_do_not_come_in(door):
    with pytest.raises(Refused, match="does not know this rank's certificate"):
        come(door, 3)
    wait_for(lambda: door.refused == 1)
    assert door.waiting() == []


def test_an_identity_can_take_the_place_of_another(door):
    new = fresh("rank 1")
    door.admit(1, new.certificate)
    with pytest.raises(Refused, match="does not know"):
        come(door, 1)
    server = identity("server").certificate
    reach(("127.0.0.1", door.port), new, server, RIGHT, CPU, LONG)
    assert let_in(door)[0].rank == 1
    with pytest.raises(ValueError, match="rank 2 has the certificate of rank 1"):
        door.admit(2, new.certificate)


def test_who_says_nothing_is_closed_after_its_seconds():
    door = Door(("127.0.0.1", 0), identity("server"), MARK, CPU, seconds=0.2)
    door.admit(1, identity("rank 1").certificate)
    plain = socket.create_connection(("127.0.0.1", door.port))
    shaken = contexts()[1].wrap_socket(socket.create_connection(("127.0.0.1", door.port)))
    for silent in (plain, shaken):
        silent.settimeout(LONG)
        while silent.recv(100):
            pass
        silent.close()
    wait_for(lambda: door.refused == 2)
    door.close()


def test_a_thousand_strangers_keep_no_rank_out_and_take_no_threads(door):
    before, connections = threading.active_count(), []
    address = ("127.0.0.1", door.port)
    for number in range(1000):
        connections.append(socket.create_connection(address))
        if number % 3 == 0:
            connections[-1].sendall(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(20))
        if number % 250 == 249:
            come(door, 1)
            assert let_in(door)[0].rank == 1
    assert threading.active_count() == before
    assert len(door._visitors) <= STRANGERS
    assert door.refused >= 1000 - STRANGERS
    for connection in connections:
        connection.close()


def test_the_log_has_one_word_for_many_strangers(door, caplog, monkeypatch):
    address = ("127.0.0.1", door.port)
    for number in range(20):
        with socket.create_connection(address) as connection:
            connection.sendall(b"GET / HTTP/1.1\r\n\r\n")
        wait_for(lambda: door.refused == number + 1)  # noqa: B023
    assert len(caplog.messages) == 1
    monkeypatch.setattr(module, "QUIET", 0.0)
    socket.create_connection(address).close()
    wait_for(lambda: len(caplog.messages) == 2)
    assert caplog.messages[1].startswith("refused 21 connections so far; the last one ")


def test_closing_gives_the_port_back_and_leaves_links_that_were_taken(door):
    taken_far = come(door, 1)
    (taken,) = let_in(door)
    left_far = come(door, 2)
    door.close()
    with socket.create_server(("127.0.0.1", door_port := taken.link.connection.getsockname()[1])):
        assert door_port
    with pytest.raises(LinkError):
        left_far.receive(9, LONG)
    taken_far.send(Message(Kind.COMMIT), LONG)
    assert taken.link.receive(9, LONG).kind == Kind.COMMIT


def test_a_port_that_is_taken_is_an_error():
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(OSError, match="in use"):
        Door(taken.getsockname(), identity("server"), MARK, CPU)


def test_whoever_waits_is_told(door):
    rung = threading.Event()
    door.changed = rung.set
    come(door, 1)
    assert rung.wait(LONG)


def test_a_handshake_that_breaks_off_is_counted(door):
    plain = socket.create_connection(("127.0.0.1", door.port))
    connection = contexts()[1].wrap_socket(plain, do_handshake_on_connect=False)
    connection.setblocking(False)
    with suppress(ssl.SSLWantReadError):  # or the answer was there at once
        connection.do_handshake()
    connection.close()
    wait_for(lambda: door.refused == 1)
