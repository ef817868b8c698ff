"""Process supervision: a supervisor per rank, parent-death signals, forwarding of signals.

Imports nothing heavy, because `supervise` forks.
"""

import contextlib
import ctypes
import math
import os
import select
import signal
import socket
import sys
import time
from collections.abc import Callable
from types import FrameType

PR_SET_PDEATHSIG = 1
PASSED = (signal.SIGTERM, signal.SIGINT)
GRACE = 10.0
SOCKETS: list[socket.socket] = []
PIPES: list[int] = []


def die_with_parent() -> None:
    """Have this process killed when its parent dies, so that no rank outlives its job (Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def leave(code: int = 0) -> None:
    """End this process at once, with `code`: tearing the interpreter down takes torch seconds."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def announce_server() -> None:
    """Called by rank 0: supervisors on its machine can connect to it for as long as it lives."""
    listener = socket.socket(socket.AF_UNIX)
    with contextlib.suppress(OSError):
        listener.bind(socket_name())
        listener.listen(1024)
        SOCKETS.append(listener)


def supervise_server(bury: Callable[[str, str], None]) -> None:
    """Fork: the child returns and becomes rank 0, the parent waits and ends as it does.

    A server that is killed cannot say what became of its run; the parent does, by
    bury(the signal's name, what the server last said to `tell_supervisor`), and exits with 128
    and the signal's number. SIGTERM and SIGINT are passed on. Call it before torch is imported.
    """
    reading, writing = os.pipe()
    child, passed = fork()
    if child == 0:
        os.close(reading)
        PIPES.append(writing)
        die_with_parent()
        announce_server()
        return
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if code < 0 and -code not in passed:
        os.set_blocking(reading, False)
        said = b""
        with contextlib.suppress(BlockingIOError):
            said = os.read(reading, 1 << 16)
        bury(signal.Signals(-code).name, said.decode())
    os._exit(code if code >= 0 else 128 - code)


def tell_supervisor(text: str) -> None:
    """Called by rank 0, once: what its supervisor should know; nothing without a supervisor."""
    for pipe in PIPES:
        os.write(pipe, text.encode())


def fork() -> tuple[int, list[int]]:
    """(the child or 0, the signals passed on to it so far): SIGTERM and SIGINT are, from the fork.

    Both wait while it forks, so that none ends a parent that does not pass them on yet.
    """
    passed: list[int] = []
    before = signal.pthread_sigmask(signal.SIG_BLOCK, PASSED)
    child = os.fork()

    def pass_on(number: int, frame: FrameType | None) -> None:
        passed.append(number)
        os.kill(child, number)

    if child:
        for number in PASSED:
            signal.signal(number, pass_on)
    signal.pthread_sigmask(signal.SIG_SETMASK, before)
    return child, passed


def supervise() -> None:
    """Fork: the child returns and becomes the rank, the parent waits and always exits with 0.

    torchrun stops every rank of a machine as soon as one of them fails, and waits without end
    for one that hangs. The server alone decides what the loss of a worker rank means; so
    torchrun sees the parent, which prints how the rank ended and exits with 0. SIGTERM and
    SIGINT are passed on. A rank that has not ended `GRACE` seconds after that, or after the end
    of a server on the same machine, is killed. Call it before torch is imported.
    """
    child, passed = fork()
    if child == 0:
        die_with_parent()
        return
    code = wait(child, passed)
    if code and not passed:
        end = f"was killed by {signal.Signals(-code).name}" if code < 0 else f"failed ({code})"
        rank = os.environ.get("RANK")
        print(f"rank {rank} {end}; the server goes on without it", file=sys.stderr)
    os._exit(0)


def wait(child: int, passed: list[int]) -> int:
    """The child's exit code, once it ends or is killed because the job has ended.

    passed: the signals sent to it; that of such an end is added.
    """
    server: socket.socket | None = None
    until = math.inf
    while True:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        if server is None:
            server = connect_to_server()
        over = server is not None and bool(select.select([server], [], [], 0)[0])
        if (over or passed) and until == math.inf:
            until = time.monotonic() + GRACE
        if time.monotonic() > until:
            passed.append(signal.SIGKILL)
            os.kill(child, signal.SIGKILL)
        time.sleep(0.1)


def connect_to_server() -> socket.socket | None:
    """A connection to rank 0, readable once rank 0 has ended; None if there is none (yet)."""
    server = socket.socket(socket.AF_UNIX)
    try:
        server.connect(socket_name())
    except OSError:
        server.close()
        return None
    return server


def socket_name() -> str:
    """The name of an abstract socket (Linux) of this job, which ends with rank 0."""
    names = (os.environ.get(k, "") for k in ("MASTER_PORT", "TORCHELASTIC_RUN_ID"))
    return f"\0robusttrain-{os.getuid()}-{'-'.join(names)}"
