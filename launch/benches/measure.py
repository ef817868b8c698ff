"""Clocks and peak memory, on the CPU and on CUDA."""

import ctypes
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

STATUS, REFS = Path("/proc/self/status"), Path("/proc/self/clear_refs")


def seconds(run: Callable[[], Any], device: str, clock: str = "wall") -> float:
    """How long `run` takes; on CUDA between two events of its stream, the device being idle before.

    clock: "cpu" counts the time that this process was on a CPU, in all its threads, which says
    more than "wall" where others use the machine too, and the process has one thread.
    """
    if device != "cpu":
        start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        torch.cuda.synchronize()
        start.record()
        run()
        end.record()
        torch.cuda.synchronize()
        return float(start.elapsed_time(end)) / 1e3
    read = time.process_time if clock == "cpu" else time.perf_counter
    begin = read()
    run()
    return read() - begin


def extra_bytes(run: Callable[[], Any], device: str) -> float:
    """The most memory that `run` held beyond what was held before, its result included; else nan.

    On CUDA what torch allocated. On the CPU the peak of the resident set, of all libraries,
    from Linux: the peak is reset first, and what malloc had kept back is returned, so that
    it does not go unseen when it is used again. nan where the system cannot tell.
    """
    if device != "cpu":
        torch.cuda.synchronize()
        before = torch.cuda.memory_allocated()
        torch.cuda.reset_peak_memory_stats()
        kept = run()
        torch.cuda.synchronize()
        del kept
        return float(torch.cuda.max_memory_allocated() - before)
    try:
        ctypes.CDLL(None).malloc_trim(0)
        REFS.write_text("5")
        before = _resident("VmRSS")
        if _resident("VmHWM") - before > 2**24:  # it was not reset
            return float("nan")
        kept = run()
        peak = _resident("VmHWM")
        del kept
        return float(max(peak - before, 0))
    except (OSError, AttributeError, ValueError):
        return float("nan")


def _resident(field: str) -> int:
    found = re.search(rf"{field}:\s+(\d+) kB", STATUS.read_text())
    if found is None:
        raise ValueError(field)
    return int(found[1]) * 1024
