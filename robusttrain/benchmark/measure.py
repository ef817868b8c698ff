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
    """Seconds that `run` takes; on CUDA between two events of its stream, the device being idle.

    device: `cpu` or `cuda`.
    clock: `wall`; or `cpu`, the time that this process was on a CPU, in all its threads: more
        telling where others use the machine too, and the process has one thread.
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
    """The most bytes that `run` held beyond those held before, its result included; else nan.

    On CUDA what torch allocated. On the CPU the peak of the resident set, of all libraries,
    from Linux: the peak is reset first, and malloc returns its free memory to the system, so
    that it counts when it is used again. nan where the system does not say.
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
    match = re.search(rf"{field}:\s+(\d+) kB", STATUS.read_text())
    if match is None:
        raise ValueError(field)
    return int(match[1]) * 1024
