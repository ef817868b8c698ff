"""Addresses of servers, as people write them."""

import socket


def resolve(address: tuple[str, int]) -> None:
    """Raise ValueError if the host has no address."""
    host, port = address
    try:
        socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise ValueError(
            f"cluster.server={shown(address)} does not resolve ({getattr(error, 'strerror', error)}"
            "); name a host that this machine knows, as host:port"
        ) from error


def shown(address: tuple[str, int]) -> str:
    """An address as people write it.

    >>> shown(("node-0", 29500))
    'node-0:29500'
    """
    return f"{address[0]}:{address[1]}"


def address_of(text: str) -> tuple[str, int]:
    """Host and port of `host:port`. Raises ValueError if it is something else.

    >>> address_of("node-0:29500"), address_of("[::1]:29500")
    (('node-0', 29500), ('::1', 29500))
    """
    host, colon, port = text.rpartition(":")
    if not colon or not host or not port.isdecimal() or not 1 <= int(port) <= 65535:
        raise ValueError(
            f"cluster.server={text} must be host:port with a port in 1..65535; write node-0:29500"
        )
    return host.removeprefix("[").removesuffix("]"), int(port)
