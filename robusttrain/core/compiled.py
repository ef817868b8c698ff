"""Loops over blocks in main memory, compiled by Numba for the CPU, a thread for each core.

Worth it for large blocks only: the first call in a process loads the compiled form, the first
of all on a machine makes it. Imported where it is used, so that no one else waits for Numba.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from numba import njit
from torch import Tensor

from robusttrain.core.blocks import HALF

SHARE = 2**15  # columns that a thread takes at a time, at least


def compiled(**options: Any) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """The decorator: `njit` without the interpreter's lock, kept on disk if that can be."""

    def compile(function: Callable[..., None]) -> Callable[..., None]:
        settings = {"nogil": True, "error_model": "numpy", **options}
        try:
            kept: Callable[..., None] = njit(cache=True, **settings)(function)
        except RuntimeError:  # no folder to keep it in may be written
            kept = njit(**settings)(function)
        return kept

    return compile


def across(columns: int, work: Callable[[int, int], Any]) -> list[Any]:
    """[work(lo, hi), ...] over consecutive ranges of columns, in their order.

    As many ranges run at a time as torch has threads. The ranges depend on the number of
    columns alone, so that sums over them do not depend on the number of threads.
    """
    width = max(SHARE, -(-columns // 64))
    ranges = [(lo, min(lo + width, columns)) for lo in range(0, columns, width)]
    threads = min(torch.get_num_threads(), len(ranges))
    if threads <= 1:
        return [work(lo, hi) for lo, hi in ranges]
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(lambda ends: work(*ends), ranges))


def flat(block: Tensor) -> tuple[np.ndarray, int]:
    """The memory of [n, b] from its first to its last element, and the row stride.

    In single precision or double; copied only if it is neither, or columns are not adjacent.
    """
    work = block.detach()
    work = work if work.dtype == torch.float64 else work.float()
    if work.shape[1] > 1 and work.stride(1) != 1:
        work = work.contiguous()
    rows, columns = work.shape
    stride = work.stride(0)
    if work.numel() == 0:
        return work.reshape(-1).numpy(), stride
    return work.as_strided(((rows - 1) * stride + columns,), (1,)).numpy(), stride


@contextmanager
def written(out: Tensor) -> Iterator[np.ndarray]:
    """An array to write what `out` shall hold: its own memory, or in half precision single."""
    if out.dtype in HALF:
        found = np.empty(out.shape, np.float32)
        yield found
        out.copy_(torch.from_numpy(found))
    else:
        yield out.numpy()
