"""Reach: a rank gets to its server, waits for one that starts again, and says why it cannot."""

import socket
import threading
import time

import pytest
import torch
from support import PATIENCE, wait_for

from robusttrain.comm.door import Door
from robusttrain.comm.hello import hello
from robusttrain.comm.link import LinkError
from robusttrain.comm.pairs import identity
from robusttrain.comm.reach import Absent, Refused, reach

LONG = 60 * PATIENCE
CPU = torch.device("cpu")
MARK = bytes(range(32))


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def go(port: int, seconds: float, server: str = "server"):
    certificate, said = identity(server).certificate, hello(MARK, CPU)
    return reach(("127.0.0.1", port), identity("rank 1"), certificate, said, CPU, seconds)


def open_door(port: int) -> Door:
    door = Door(("127.0.0.1", port), identity("server"), MARK, CPU)
    door.admit(1, identity("rank 1").certificate)
    return door


def test_a_server_that_starts_again_is_waited_for():
    port, links = free_port(), []
    thread = threading.Thread(target=lambda: links.append(go(port, LONG)), daemon=True)
    thread.start()
    with socket.create_server(("127.0.0.1", port)) as dying:  # it takes one connection, and is gone
        dying.accept()[0].close()
    door = open_door(port)
    thread.join(LONG)
    assert len(links) == 1
    wait_for(lambda: door.waiting())
    door.close()


def test_a_server_that_is_not_there_is_told_after_the_seconds():
    start, port = time.monotonic(), free_port()
    words = f"was not reached at 127.0.0.1:{port} for 0.5 s; it is not at 127.0.0.1:{port}: nobody"
    with pytest.raises(LinkError, match=words):
        go(port, 0.5)
    assert time.monotonic() - start < LONG / 2


def test_a_server_that_does_not_restart_is_not_waited_for():
    own, certificate, said = identity("rank 1"), identity("server").certificate, hello(MARK, CPU)
    with pytest.raises(Absent, match="nobody listens there"):
        reach(("127.0.0.1", free_port()), own, certificate, said, CPU, 1e6, restarts=False)


def test_a_server_that_says_nothing_is_told_after_the_seconds():
    with (
        socket.create_server(("127.0.0.1", 0)) as silent,
        pytest.raises(LinkError, match="reached"),
    ):
        go(silent.getsockname()[1], 0.5)


def test_a_server_with_another_key_is_refused_at_once():
    door = open_door(0)
    start = time.monotonic()
    with pytest.raises(Refused, match=r"has not the key of the certificate server\.crt"):
        go(door.port, 1e6, server="stranger")
    assert time.monotonic() - start < LONG / 2
    door.close()


def test_a_host_without_an_address_is_refused():
    with pytest.raises(ValueError, match=r"cluster.server=no.invalid:5 does not resolve"):
        reach(("no.invalid", 5), identity("rank 1"), b"", hello(MARK, CPU), CPU, LONG)
