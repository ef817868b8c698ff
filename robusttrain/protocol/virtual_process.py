"""Virtual process: a worker rank of the in-process transport, as faults get at it."""

import math

from robusttrain.protocol.in_process import End, Ended


class VirtualProcess:
    """Does to a worker rank on the virtual clock what faults do to a process; see `Process`.

    link: End. The rank's end of its link.
    """

    def __init__(self, link: End) -> None:
        self.link = link

    def sleep(self, seconds: float) -> None:
        self.link.sleep(seconds)

    def kill(self) -> None:
        raise Ended("was killed by SIGKILL")

    def stop(self, seconds: float | None) -> None:
        self.sleep(math.inf if seconds is None else seconds)

    def exit(self) -> None:
        raise Ended("ended with exit code 1")

    def refuse(self) -> None:
        self.sleep(math.inf)
