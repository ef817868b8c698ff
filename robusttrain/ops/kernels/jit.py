"""Loops over blocks in main memory, compiled by Numba for the CPU.

Worth it for large blocks only: the first call in a process loads the compiled form, the first
of all on a machine makes it. Imported where it is used, so that no one else waits for Numba.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from numba import njit
from torch import Tensor

from robusttrain.ops.blocks import HALF


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
def written(out: Tensor) -> Iterator[tuple[np.ndarray, int]]:
    """The memory and row stride of what `out` [n, b] shall hold: its own, or single for half."""
    if out.dtype in HALF:
        single = out.float()
        yield flat(single)
        out.copy_(single)
    else:
        yield flat(out)
