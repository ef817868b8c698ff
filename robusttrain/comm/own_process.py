"""Own process: what faults do to the process that they are in, by real signals."""

import os
import signal
import subprocess
import sys
import time

from robusttrain.comm.buffered import Buffered
from robusttrain.comm.link import Link

WAKE = (
    "import os, select, signal, sys; seconds, pid = float(sys.argv[1]), int(sys.argv[2])\n"
    "if not select.select([0], [], [], seconds)[0]: os.kill(pid, signal.SIGCONT)"
)  # the end of its input is the end of the process that it was to wake


class OwnProcess:
    """Does to this process what faults do to a worker rank; see `Process`.

    link: Link. To the server.
    """

    def __init__(self, link: Link) -> None:
        self.link = link

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)

    def kill(self) -> None:
        os.kill(os.getpid(), signal.SIGKILL)
        time.sleep(60)

    def stop(self, seconds: float | None) -> None:
        if seconds is None:
            os.kill(os.getpid(), signal.SIGSTOP)
            return
        command = [sys.executable, "-I", "-S", "-c", WAKE, str(seconds), str(os.getpid())]
        with subprocess.Popen(command, stdin=subprocess.PIPE):
            os.kill(os.getpid(), signal.SIGSTOP)

    def exit(self) -> None:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(1)

    def refuse(self) -> None:
        if isinstance(self.link, Buffered):
            self.link.stop_reading()
        while True:
            time.sleep(3600)
