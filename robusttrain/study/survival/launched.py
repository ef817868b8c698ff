"""A run launched apart: one process for the server and each worker rank, started again by hand."""

import json
import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from robusttrain.comm.keys import make
from robusttrain.run.postmortem import lines_of
from robusttrain.run.resume import METRICS
from robusttrain.run.start import SCRIPT
from robusttrain.study.survival.processes import (
    LOCALHOST,
    children,
    free_port,
    is_taken,
    launch,
    writing,
)

SECONDS = 300.0  # for what is waited for, before the study gives up
PAUSE = 0.01
Start = Callable[[Sequence[str], Path], Any]


class Launched:
    """A server (rank 0) and its worker ranks; a worker rank that dies is started again.

    That is what SLURM or torchrun's elastic agent would do; here `wait_for` does.

    folder: Path. For keys, the log of all processes, and the run, which is named `run`.
    words: overrides of the run. ranks: int. W.
    start: command, file for its output -> the process, as subprocess.Popen shows it.
    seconds: float. For all that is waited for.
    processes: rank -> its process. ended: (rank, exit code) of those that ended before the run did.
    """

    def __init__(
        self, folder: Path, words: Sequence[str], ranks: int, start: Start | None = None,
        seconds: float = SECONDS,
    ) -> None:  # fmt: skip
        self.folder, self.ranks, self.log = folder, ranks, folder / "log"
        self.start, self.seconds = start or launch, seconds
        self.port = free_port()
        self.processes, self.ended = dict[int, Any](), list[tuple[int, int]]()
        make(folder / "keys", ranks)
        self.log.touch()
        self.words = [
            *words, f"runtime.ranks={ranks}", f"run.root={folder}", "run.name=run", "resume=auto",
            f"cluster.server={LOCALHOST}:{self.port}", f"cluster.keys={folder / 'keys'}",
        ]  # fmt: skip

    def start_all(self) -> None:
        for rank in range(self.ranks + 1):
            self.start_rank(rank)

    def start_rank(self, rank: int) -> None:
        """Start a rank, for the first time or again."""
        role = ("cluster.role=worker", f"cluster.rank={rank}") if rank else ("cluster.role=server",)
        command = [sys.executable, str(SCRIPT), *self.words, *role]
        self.processes[rank] = self.start(command, self.log)

    def wait_for(self, condition: Callable[[], object], pause: float = PAUSE) -> None:
        """Wait until it holds. Raises RuntimeError if that is too late, or the server ends."""
        until = time.monotonic() + self.seconds
        while not condition():
            if self.processes[0].poll() is not None:
                raise RuntimeError(f"the server has ended:\n{self.said[-2000:]}")
            if time.monotonic() > until:
                raise RuntimeError(f"{self.seconds:g} s have passed:\n{self.said[-2000:]}")
            self._keep()
            time.sleep(pause)

    def _keep(self) -> None:
        for rank in range(1, self.ranks + 1):
            if (code := self.processes[rank].poll()) not in (None, 0):
                self.ended.append((rank, code))
                self.start_rank(rank)

    def finish(self) -> None:
        """Wait until the run is over, and all of its processes are."""
        with suppress(RuntimeError):
            self.wait_for(lambda: self.processes[0].poll() is not None, 0.1)
        until = time.monotonic() + 20
        while self.left() and time.monotonic() < until:
            time.sleep(0.1)

    def kill_server(self) -> None:
        """SIGKILL the server, whose parent then ends, too."""
        os.kill(self.server, signal.SIGKILL)
        self.processes[0].wait(self.seconds)

    @property
    def server(self) -> int:
        """The server's process: the child of the one that was started."""
        return children(self.processes[0].pid)[0]

    def left(self) -> list[int]:
        """The processes that are still there, whoever started them."""
        return writing(self.log)

    def listens(self) -> bool:
        """Whether somebody still listens at the server's port."""
        return is_taken(self.port)

    def end(self) -> None:
        """Kill all that is left."""
        for pid in self.left():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        for process in self.processes.values():
            process.wait(self.seconds)

    @property
    def run(self) -> Path:
        return self.folder / "run"

    @property
    def said(self) -> str:
        """What all processes have printed."""
        return self.log.read_text()

    @property
    def metrics(self) -> list[dict[str, Any]]:
        """The whole lines of metrics.jsonl."""
        return lines_of(self.run / METRICS)

    @property
    def steps(self) -> list[dict[str, Any]]:
        """Those of steps."""
        return [line for line in self.metrics if line["kind"] == "step"]

    @property
    def done(self) -> int:
        """How many steps are done."""
        path = self.run / METRICS
        return path.read_bytes().count(b'{"kind": "step"') if path.exists() else 0

    @property
    def summary(self) -> dict[str, Any]:
        summary: dict[str, Any] = json.loads((self.run / "summary.json").read_text())
        return summary
