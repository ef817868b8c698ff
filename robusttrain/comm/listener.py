"""Listener: the socket at which a server listens."""

import socket
from contextlib import suppress


def listener(address: tuple[str, int]) -> socket.socket:
    """A socket that listens there; where the host is empty, over IPv4 and IPv6."""
    if not address[0] and socket.has_dualstack_ipv6():
        family = socket.AF_INET6
        with suppress(OSError):  # a machine may know IPv6, and have no address
            return socket.create_server(address, family=family, backlog=1024, dualstack_ipv6=True)
    return socket.create_server(address, backlog=1024)
