"""How the processes of a job live and die together (imports nothing heavy: it forks)."""

import ctypes
import os
import signal
import sys
from types import FrameType

PR_SET_PDEATHSIG = 1


def die_with_parent() -> None:
    """Have this process killed when its parent dies, so that no rank outlives its job (Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def leave() -> None:
    """End this process at once, with 0: tearing the interpreter down takes torch seconds."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


def outlive() -> None:
    """Fork: the child returns and becomes the rank, the parent waits and always exits with 0.

    torchrun stops every rank of a machine as soon as one of them fails. A worker rank may
    die, that is the server's business alone; so torchrun is shown the parent, which says how
    the rank ended and succeeds. SIGTERM and SIGINT are passed on. Call it before torch is imported.
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
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    if code and not told:
        end = f"was killed by {signal.Signals(-code).name}" if code < 0 else f"failed ({code})"
        print(
            f"rank {os.environ.get('RANK')} {end}; the server goes on without it", file=sys.stderr
        )
    os._exit(0)
