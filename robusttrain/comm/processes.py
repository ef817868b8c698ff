"""The processes of a run on this machine: finds them, and ends what is left (Linux)."""

import os
import signal
import time
from contextlib import suppress
from pathlib import Path


def end_processes(run: str) -> None:
    """Send all that is left of a run SIGINT, and kill what has not ended a second later."""
    until = time.monotonic() + 1.0
    left = processes(run)
    for pid in left:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGINT)
    while left and time.monotonic() < until:
        time.sleep(0.05)
        left = processes(run)
    for pid in left:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def processes(run: str) -> list[int]:
    """The processes that torchrun has started for a run, and theirs, by their environment."""
    mark, found = f"TORCHELASTIC_RUN_ID={run}".encode(), []
    for path in Path("/proc").glob("[0-9]*/environ"):
        with suppress(OSError):
            if mark in path.read_bytes().split(b"\0"):
                found.append(int(path.parent.name))
    return found
