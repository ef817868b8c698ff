"""Listener: reached over IPv4 where no host is named, and IPv6 where the machine has it."""

import socket

import pytest

from robusttrain.comm.listener import listener


@pytest.mark.parametrize("host", ["", "127.0.0.1"])
def test_it_is_reached_over_ipv4(host):
    with listener((host, 0)) as waits:
        socket.create_connection(("127.0.0.1", waits.getsockname()[1])).close()
        waits.accept()[0].close()


def test_a_port_that_is_taken_is_an_error():
    with listener(("127.0.0.1", 0)) as waits, pytest.raises(OSError, match="in use"):
        listener(("127.0.0.1", waits.getsockname()[1]))
