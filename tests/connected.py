"""Both ends of TLS connections over loopback, for tests."""

import socket
import ssl
from contextlib import suppress
from functools import cache

import torch

from robusttrain.comm.identity import Identity, fresh
from robusttrain.comm.tls import client_context, pin, server_context
from robusttrain.comm.tls_link import TlsLink


@cache
def identity(name: str) -> Identity:
    """Made once, as they differ in nothing that matters."""
    return fresh(name)


@cache
def contexts() -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Of a server, and of rank 1."""
    server = server_context(identity("server"))
    pin(server, identity("rank 1").certificate)
    return server, client_context(identity("rank 1"), identity("server").certificate)


def raw_pair() -> tuple[ssl.SSLSocket, ssl.SSLSocket]:
    """A connection of the server with rank 1 after the handshake."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        far = socket.create_connection(listener.getsockname())
        near, _ = listener.accept()
    near.setblocking(False)
    far.setblocking(False)
    ends = (
        contexts()[0].wrap_socket(near, server_side=True, do_handshake_on_connect=False),
        contexts()[1].wrap_socket(far, do_handshake_on_connect=False),
    )
    left = list(ends)
    while left:
        with suppress(ssl.SSLWantReadError):
            left[0].do_handshake()
            left.pop(0)
        left.reverse()
    for end in ends:
        end.setblocking(True)
    return ends


def tls_pair() -> tuple[TlsLink, TlsLink]:
    """Both ends of a link over TLS: the server's, and the worker rank's."""
    near, far = raw_pair()
    return TlsLink(near, torch.device("cpu")), TlsLink(far, torch.device("cpu"))
