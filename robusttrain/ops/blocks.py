"""Cuts blocks [n, b] into pieces, and shares them out among threads."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import local
from typing import Any

import torch
from torch import Tensor

HALF = (torch.float16, torch.bfloat16)
LARGE = 2**18  # elements, from which on compiled loops repay their loading
SHARE = 2**19  # elements that a thread takes at a time
here = local()


def chunk(rows: int, device: torch.device) -> int:
    """How many columns of `rows` rows are worked on at a time.

    On the CPU what its cache holds; on a GPU 2^20, but no more than 2^26 elements.
    """
    if device.type == "cpu":
        return max(1024, 2**18 // max(rows, 1))
    return min(2**20, max(1024, 2**26 // max(rows, 1)))


def pieces(block: Tensor) -> tuple[Tensor, ...]:
    """The block in chunks of columns; at least one, which may be empty."""
    return block.split(chunk(len(block), block.device), dim=1)


def across(block: Tensor, work: Callable[[int, int], Any]) -> list[Any]:
    """[work(lo, hi), ...] over consecutive ranges of the block's columns, in their order.

    On the CPU as many run at a time as torch has threads; inside of another `across`, one. The
    ranges depend on the block's shape alone, so that sums over them do not depend on threads.
    """
    on_cpu = block.device.type == "cpu"
    columns, width = block.shape[1], max(1024, SHARE // len(block)) if on_cpu else 2**20
    ranges = [(lo, min(lo + width, columns)) for lo in range(0, max(columns, 1), width)]
    threads = min(torch.get_num_threads(), len(ranges)) if on_cpu else 1
    if threads == 1 or getattr(here, "busy", False):
        return [work(lo, hi) for lo, hi in ranges]

    def run(ends: tuple[int, int]) -> Any:
        here.busy = True
        return work(*ends)

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(run, ranges))
