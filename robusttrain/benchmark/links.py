"""Links: the bytes a second that each kind of link carries, over loopback."""

import statistics
import threading
import time
from collections.abc import Callable

import torch
from rich.table import Table

from robusttrain.comm.link import Kind, Link, Message
from robusttrain.comm.pairs import SECONDS, group_pair, tls_pair

SIZES = (1 << 18, 1 << 20, 1 << 22)
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
