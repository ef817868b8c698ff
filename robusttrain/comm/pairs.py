"""Pairs: both ends of a link in one process, over loopback, for tests and timings."""

import socket
import ssl
import threading
from contextlib import suppress
from datetime import timedelta
from functools import cache

import torch
import torch.distributed as dist

from robusttrain.comm.group_link import GroupLink
from robusttrain.comm.identity import Identity, fresh
from robusttrain.comm.link import Link
from robusttrain.comm.tls import client_context, pin, server_context
from robusttrain.comm.tls_link import TlsLink

CPU = torch.device("cpu")
SECONDS = 60.0
LOCK = threading.RLock()
STORES: list[dist.Store] = []  # served by this process, until they are dropped


def identity(name: str) -> Identity:
    """Made once a process for each name."""
    with LOCK:  # a cache by itself lets two threads make two
        return made(name)


def contexts() -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Of a server, and of its rank 1."""
    with LOCK:
        return made_contexts()


made = cache(fresh)


@cache
def made_contexts() -> tuple[ssl.SSLContext, ssl.SSLContext]:
    server = server_context(identity("server"))
    pin(server, identity("rank 1").certificate)
    return server, client_context(identity("rank 1"), identity("server").certificate)


def raw_pair() -> tuple[ssl.SSLSocket, ssl.SSLSocket]:
    """A connection after the handshake: the end of a server, and that of its rank 1."""
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


def tls_pair() -> tuple[Link, Link]:
    """Both ends of a link over TLS: the server's, and the rank's."""
    near, far = raw_pair()
    return TlsLink(near, CPU), TlsLink(far, CPU)


def group_pair() -> tuple[Link, Link]:
    """Both ends of a link over Gloo: the server's, and the rank's."""
    wait = timedelta(seconds=SECONDS)
    store = dist.TCPStore("127.0.0.1", 0, is_master=True, timeout=wait)
    other = dist.TCPStore("127.0.0.1", store.port, timeout=wait)
    STORES.append(store)
    ends: dict[int, Link] = {}

    def join() -> None:
        ends[1] = GroupLink(other, "link", 1, "gloo", CPU, SECONDS)

    thread = threading.Thread(target=join)
    thread.start()
    ends[0] = GroupLink(store, "link", 0, "gloo", CPU, SECONDS)
    thread.join()
    return ends[0], ends[1]
