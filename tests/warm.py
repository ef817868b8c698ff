"""Commands of Python that start warm: as forks of a process that has imported what they need.

Both the command and the ranks that torchrun starts for it do without the seconds of CPU that the
imports take. This is the test's side; warm_process.py is the process.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from support import PATIENCE, ROOT, environment

PROCESS = str(ROOT / "tests" / "warm_process.py")
STARTED = "ranks would start now"


@dataclass
class Ended:
    """A command that ended: its exit code, its output, seconds of CPU, and the files it left."""

    code: int
    out: str
    err: str
    seconds: float
    left: list[str]

    @property
    def started(self) -> bool:
        return self.code == 0 and STARTED in self.out


class Caller:
    """The near end of a process that runs `serve`: asks it to do a job, and waits for what it says.

    A question that a signal breaks off is given up: its answer is passed over.
    """

    def __init__(self, channel: socket.socket) -> None:
        self.channel, self.answers, self.asked = channel, channel.makefile("r"), 0

    def ask(self, do: str, **fields: Any) -> Any:
        self.asked += 1
        number = self.asked
        self.channel.sendall(json.dumps([number, do, fields]).encode() + b"\n")
        while line := self.answers.readline():
            answered, answer = json.loads(line)
            if answered == number:
                return answer
        raise AssertionError("the warm process has ended; see its errors above")

    def start(self, command: Sequence[str], **fields: Any) -> "Forked":
        return Forked(self.ask, self.ask("start", command=list(command), **fields))

    def start_rank(self, command: Sequence[str], env: dict[str, str]) -> "Forked":
        """A rank, as torchrun starts one: in a session of its own; it writes where we do."""
        return self.start(command, cwd=os.getcwd(), env=env, launches=False)


class Forked:
    """A process that another one has forked for this one; as subprocess.Popen shows it."""

    def __init__(self, ask: Callable[..., Any], pid: int) -> None:
        self.ask, self.pid, self.returncode = ask, pid, None

    def poll(self) -> int | None:
        if self.returncode is None:
            self.returncode = self.ask("poll", pid=self.pid)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        until = None if timeout is None else time.monotonic() + timeout
        while (code := self.poll()) is None:
            if until is not None and time.monotonic() > until:
                raise subprocess.TimeoutExpired(str(self.pid), timeout)
            time.sleep(0.02)
        return code

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)


class Warm(Caller):
    """Runs commands of Python, each in a fork."""

    def __init__(self) -> None:
        mine, its = socket.socketpair()
        with its:
            self.process = subprocess.Popen(
                [sys.executable, PROCESS, str(its.fileno())], pass_fds=[its.fileno()],
                env=os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
                start_new_session=True,
            )  # fmt: skip
        super().__init__(mine)

    def __call__(self, script: str, *arguments: str) -> Ended:
        """A script of launch/ in an empty folder; no ranks are started."""
        return Ended(**self.ask("run", script=script, arguments=arguments))

    def call(
        self, command: Sequence[str], cwd: Path, env: dict[str, str] | None = None, text: str = ""
    ) -> subprocess.CompletedProcess[str]:
        """The finished `python ...` with its output, as `support.call` returns it.

        text: what `python -i` reads.
        """
        with tempfile.TemporaryDirectory() as folder:
            out, err = Path(folder, "out"), Path(folder, "err")
            process = self.start(
                command,
                cwd=str(cwd),
                env=env or environment(),
                out=str(out),
                err=str(err),
                text=text,
            )
            try:
                code = process.wait(150 * PATIENCE)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                raise
            return subprocess.CompletedProcess(command, code, out.read_text(), err.read_text())

    def close(self) -> None:
        self.channel.shutdown(socket.SHUT_RDWR)  # also where a fork of this process has it
        self.process.wait()
        self.answers.close()
        self.channel.close()
