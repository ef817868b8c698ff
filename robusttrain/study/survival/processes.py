"""Processes of the study, and what they leave: by the file that they write to, and their port."""

import os
import socket
import subprocess
from collections.abc import Sequence
from pathlib import Path

LOCALHOST = "127.0.0.1"
DROPPED = ("RANK", "WORLD_SIZE", "LOCAL_RANK", "MASTER_ADDR", "MASTER_PORT")


def launch(command: Sequence[str], log: Path) -> subprocess.Popen[bytes]:
    """Start a process with one thread that writes to the end of `log`."""
    env = {key: value for key, value in os.environ.items() if key not in DROPPED}
    with log.open("ab") as file:
        return subprocess.Popen(
            command, env=env | {"OMP_NUM_THREADS": "1"}, stdout=file, stderr=file,
            stdin=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip


def free_port() -> int:
    """A port at which nobody listens now."""
    with socket.create_server((LOCALHOST, 0)) as listener:
        return int(listener.getsockname()[1])


def is_taken(port: int) -> bool:
    """Whether somebody listens at a port."""
    try:
        socket.create_server((LOCALHOST, port)).close()
    except OSError:
        return True
    return False


def children(pid: int) -> list[int]:
    """The processes that the first thread of a process has started (Linux)."""
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def writing(log: Path) -> list[int]:
    """The processes that have the file for their output."""
    pids = map(int, filter(str.isdigit, os.listdir("/proc")))
    return [pid for pid in pids if writes(pid, log)]


def writes(pid: int, log: Path) -> bool:
    """Whether a process has the file for its output."""
    try:
        return os.readlink(f"/proc/{pid}/fd/1") == str(log.resolve())
    except OSError:
        return False
