"""Links: connections over loopback, and the bytes a second that each kind of link carries."""

import socket
import ssl
import statistics
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from functools import cache

import torch
import torch.distributed as dist
from rich.table import Table

from robusttrain.comm.group_link import GroupLink
from robusttrain.comm.identity import Identity, fresh
from robusttrain.comm.link import Kind, Link, Message
from robusttrain.comm.tls import client_context, pin, server_context
from robusttrain.comm.tls_link import TlsLink

CPU = torch.device("cpu")
SIZES = (1 << 18, 1 << 20, 1 << 22)
SECONDS = 60.0


@cache
def identity(name: str) -> Identity:
    """Made once a process for each name."""
    return fresh(name)


@cache
def contexts() -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Of a server, and of its rank 1."""
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
    ends: dict[int, Link] = {}

    def join() -> None:
        ends[1] = GroupLink(other, "link", 1, "gloo", CPU, SECONDS)

    thread = threading.Thread(target=join)
    thread.start()
    ends[0] = GroupLink(store, "link", 0, "gloo", CPU, SECONDS)
    thread.join()
    return ends[0], ends[1]


KINDS: dict[str, Callable[[], tuple[Link, Link]]] = {"tls": tls_pair, "gloo": group_pair}


def rate(ends: tuple[Link, Link], size: int, count: int) -> float:
    """Bytes of payload a second of `count` messages of `size` bytes from the rank to the server."""
    message = Message(Kind.ROWS, payload=torch.zeros(size, dtype=torch.uint8))

    def send() -> None:
        for _ in range(count):
            ends[1].send(message, SECONDS)

    thread = threading.Thread(target=send, daemon=True)
    start = time.perf_counter()
    thread.start()
    for _ in range(count):
        ends[0].receive(size, SECONDS)
    taken = time.perf_counter() - start
    thread.join()
    return size * count / taken


def links_table(total: float, repeat: int) -> Table:
    """GB/s of each kind of link by the size of messages; links take turns, figures are medians.

    total: bytes that a figure is measured with.
    """
    figures: dict[tuple[str, int], list[float]] = {}
    ends = {name: make() for name, make in KINDS.items()}
    for _ in range(repeat):
        for size in SIZES:
            for name, pair in ends.items():
                measured = rate(pair, size, max(1, int(total) // size))
                figures.setdefault((name, size), []).append(measured / 1e9)
    for pair in ends.values():
        for end in pair:
            end.close()
    table = Table(title=f"GB/s from one process to itself, median of {repeat}")
    for column in ("KB a message", *KINDS):
        table.add_column(column, justify="right")
    for size in SIZES:
        row = (f"{statistics.median(figures[name, size]):.2f}" for name in KINDS)
        table.add_row(f"{size // 1024}", *row)
    return table
