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
PASSED = (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1)
GRACE = 9.0  # seconds that a rank has to end once it is told to, or its server has ended
STOPPED = 1.0  # as many once its server has ended, if it was told to stop as well
WRITING = 25.0  # as many if it says that it writes; torchrun waits for 30
AGAIN = 0.5  # a second SIGINT within so many seconds is the first one, sent twice
ENDING = "ending"  # what a server says that has nothing left to do but to write files
SOCKETS: list[socket.socket] = []
PIPES: list[int] = []


def die_with_parent(number: int = signal.SIGKILL) -> None:
    """Have this process killed when its parent dies, so that no rank outlives its job (Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, number)


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
    bury(why, what the server first said to `tell_supervisor`), and exits with 128 and the signal's
    number. Signals are passed on; see `fork`. The end of the launcher (SIGHUP) kills the server.
    Call it before torch is imported.
    """
    reading, writing = os.pipe()
    child, passed = fork()
    if child == 0:
        os.close(reading)
        PIPES.append(writing)
        die_with_parent()
        announce_server()
        return
    os.set_blocking(reading, False)
    said, how = list[str](), list[str]()

    def hear(number: int, frame: FrameType | None) -> None:
        said.extend(lines(reading))
        if number == signal.SIGALRM and ENDING in said:
            signal.signal(signal.SIGALRM, killing(child))
            signal.setitimer(signal.ITIMER_REAL, WRITING - GRACE)
            return
        if number == signal.SIGHUP:
            how.append("when its launcher had ended")
        send(child, signal.SIGKILL)

    for number in (signal.SIGALRM, signal.SIGHUP):
        signal.signal(number, hear)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if code < 0 and -code not in passed:
        why = "the server was killed " + (*how, f"by {signal.Signals(-code).name}")[0]
        if passed:
            why, code = f"stopped by {signal.Signals(passed[0]).name}; {why}", -passed[0]
        bury(why, (*said, *lines(reading), "")[0])
    os._exit(code if code >= 0 else 128 - code)


def lines(pipe: int) -> list[str]:
    """What a pipe holds, without waiting for more."""
    with contextlib.suppress(BlockingIOError):
        return os.read(pipe, 1 << 16).decode().splitlines()
    return []


def tell_supervisor(text: str) -> None:
    """Called by rank 0: what its supervisor should know; nothing without a supervisor.

    text: one line. First the folder of its run, then `ENDING`.
    """
    for pipe in PIPES:
        os.write(pipe, f"{text}\n".encode())


def fork() -> tuple[int, list[int]]:
    """(the child or 0, the signals passed on to it so far): SIGTERM, SIGINT and SIGUSR1 are.

    They wait while it forks, so that none ends a parent that does not pass them on yet. A child
    that has not ended `GRACE` seconds after the first is killed, by SIGALRM here; soon after a
    second SIGINT in any case.
    """
    passed: list[int] = []
    since = math.inf
    before = signal.pthread_sigmask(signal.SIG_BLOCK, PASSED)
    child = os.fork()

    def pass_on(number: int, frame: FrameType | None) -> None:
        nonlocal since
        now = time.monotonic()
        since = min(since, now)
        if number == signal.SIGINT and now - since > AGAIN:
            signal.signal(signal.SIGALRM, killing(child))
            signal.setitimer(signal.ITIMER_REAL, AGAIN)
        elif not passed:
            signal.setitimer(signal.ITIMER_REAL, GRACE)
        passed.append(number)
        send(child, number)

    if child:
        signal.signal(signal.SIGALRM, killing(child))
        for number in PASSED:
            signal.signal(number, pass_on)
    signal.pthread_sigmask(signal.SIG_SETMASK, before)
    return child, passed


def killing(child: int) -> Callable[[int, FrameType | None], None]:
    """Handles a signal by killing the child."""
    return lambda number, frame: send(child, signal.SIGKILL)


def send(child: int, number: int) -> None:
    """Send a child a signal; nothing, if it has ended and this process is about to."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(child, number)


def supervise() -> None:
    """Fork: the child returns and becomes the rank, the parent waits and always exits with 0.

    torchrun stops every rank of a machine as soon as one of them fails, and waits without end
    for one that hangs. The server alone decides what the loss of a worker rank means; so
    torchrun sees the parent, which prints how the rank ended and exits with 0. Signals are passed
    on; see `fork`. A rank that has not ended `GRACE` seconds after the end of a server on the same
    machine (`STOPPED`, if it was told to stop) is killed. Call it before torch is imported.
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
    """The child's exit code, once it ends or is killed because the server has ended.

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
        if over and until == math.inf:
            until = time.monotonic() + (STOPPED if passed else GRACE)
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
