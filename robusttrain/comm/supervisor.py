"""How the processes of a job live and die together (imports nothing heavy: it forks)."""

import contextlib
import ctypes
import math
import os
import select
import signal
import socket
import sys
import time
from types import FrameType

PR_SET_PDEATHSIG = 1
GRACE = 10.0
SOCKETS: list[socket.socket] = []


def die_with_parent() -> None:
    """Have this process killed when its parent dies, so that no rank outlives its job (Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def leave() -> None:
    """End this process at once, with 0: tearing the interpreter down takes torch seconds."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


def announce_server() -> None:
    """Called by rank 0: as long as it lives, the guards on its machine can hold a line to it."""
    listener = socket.socket(socket.AF_UNIX)
    with contextlib.suppress(OSError):
        listener.bind(socket_name())
        listener.listen(1024)
        SOCKETS.append(listener)


def supervise() -> None:
    """Fork: the child returns and becomes the rank, the parent waits and always exits with 0.

    torchrun stops every rank of a machine as soon as one of them fails, and waits for one that
    hangs for ever. A worker rank may die or hang, that is the server's business alone; so
    torchrun is shown the parent, which says how the rank ended and succeeds. SIGTERM and SIGINT
    are passed on. A rank that has not ended `GRACE` seconds after that, or after the end of a
    server on the same machine, is killed. Call it before torch is imported.
    """
    child = os.fork()
    if child == 0:
        die_with_parent()
        return
    told = []

    def pass_on(number: int, frame: FrameType | None) -> None:
        told.append(number)
        os.kill(child, number)

    signal.signal(signal.SIGTERM, pass_on)
    signal.signal(signal.SIGINT, pass_on)
    code = wait(child, told)
    if code and not told:
        end = f"was killed by {signal.Signals(-code).name}" if code < 0 else f"failed ({code})"
        rank = os.environ.get("RANK")
        print(f"rank {rank} {end}; the server goes on without it", file=sys.stderr)
    os._exit(0)


def wait(child: int, told: list[int]) -> int:
    """The child's exit code, once it ends or is killed for outstaying its job."""
    line: socket.socket | None = None
    until = math.inf
    while True:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        if line is None:
            line = connect_to_server()
        over = line is not None and bool(select.select([line], [], [], 0)[0])
        if (over or told) and until == math.inf:
            until = time.monotonic() + GRACE
        if time.monotonic() > until:
            os.kill(child, signal.SIGKILL)
        time.sleep(0.1)


def connect_to_server() -> socket.socket | None:
    """A line to rank 0, readable once rank 0 has ended; None if it cannot be reached (yet)."""
    line = socket.socket(socket.AF_UNIX)
    try:
        line.connect(socket_name())
    except OSError:
        line.close()
        return None
    return line


def socket_name() -> str:
    """An abstract socket (Linux): it belongs to this job and vanishes with rank 0."""
    names = (os.environ.get(k, "") for k in ("MASTER_PORT", "TORCHELASTIC_RUN_ID"))
    return f"\0robusttrain-{os.getuid()}-{'-'.join(names)}"
