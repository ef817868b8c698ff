"""Journal of probes: what a server must still know after it was killed, synced to disk.

    start(run)                  before the first PUBLISH of a start
    pend(probe, parameters)     before a probe is revealed
    convict(worker, ...)        as soon as a verdict names a worker
    settle()                    when the verdict on the pending probe is complete

Each returns when what it says is on disk. Opening the journal reads all of it.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from robusttrain.protocol.durable import durably, sync_folder
from robusttrain.protocol.journal_records import (
    Pending,
    as_json,
    check_same,
    from_json,
    parsed,
    written,
)


@dataclass(frozen=True)
class Conviction:
    """step: int. That in which the verdict fell. reason: str. As in the verdict."""

    step: int
    reason: str


class Journal:
    """An append-only file of one line a record, and the parameters of the pending probe beside it.

    A line that is torn at the end of the file is what a kill leaves of a record that nobody
    relied on yet: it is cut off. Where writing fails the journal closes and the error is raised:
    what is then on disk is known only after it was opened again.

    path: Path. The file; made if there is none, its folder must exist.
    attempt: int. The number of starts so far.
    run: key -> value, what the first start said about the sums of its run; empty: nothing.
    convicted: worker -> Conviction, for good.
    pending: Pending or None. The probe that has to be settled.
    Raises ValueError if a line other than the last one is damaged.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.attempt = 0
        self.run: dict[str, Any] = {}
        self.convicted: dict[int, Conviction] = {}
        self.pending: Pending | None = None
        self._file: int | None = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        whole = self._read()
        os.ftruncate(self._file, whole)
        os.fsync(self._file)
        sync_folder(path.parent)
        self._clean()

    def start(self, run: Mapping[str, Any] | None = None) -> int:
        """Begin an attempt that no earlier start has used; returns its number, from 1.

        run: what its sums follow from, in numbers, strings and lists. None: nothing is said.
        Raises ValueError if an earlier start has said another: its probe would convict the honest.
        """
        run = dict(run or {})
        check_same(self.path, self.run, run)
        new = {} if self.run else {"run": run}
        self._append({"kind": "attempt", "attempt": self.attempt + 1, **new})
        return self.attempt

    def pend(self, probe: Pending, parameters: Tensor) -> None:
        """Note a probe that is about to be revealed, and the parameters [D] of its step."""
        assert self.pending is None, f"the probe of step {probe.step} would hide another"
        with self._closing_on_error(), durably(self._parameters_of(probe)) as file:
            torch.save(parameters.detach().cpu().clone(), file)
        self._append({"kind": "pending", **as_json(probe)})

    def convict(self, worker: int, step: int, reason: str) -> None:
        """Note that `worker` is convicted by a verdict in `step`; the first such note counts."""
        self._append({"kind": "convicted", "worker": worker, "step": step, "reason": reason})

    def settle(self) -> None:
        """Note that the pending probe is judged; its parameters are deleted."""
        assert self.pending is not None, "no probe is pending"
        self._append({"kind": "settled", "step": self.pending.step})
        self._clean()

    def parameters(self) -> Tensor:
        """[D], on the CPU: the parameters of the pending probe's step."""
        assert self.pending is not None, "no probe is pending"
        vector: Tensor = torch.load(self._parameters_of(self.pending), weights_only=True)
        return vector

    def close(self) -> None:
        """Close the file; nothing can be noted any more."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _read(self) -> int:
        """Take in all records; returns how many bytes they have."""
        lines, whole = self.path.read_bytes().splitlines(keepends=True), 0
        for number, line in enumerate(lines, 1):
            record = parsed(line)
            if record is None and number < len(lines):
                raise ValueError(
                    f"{self.path}: line {number} of {len(lines)} is damaged, which no kill does; "
                    "restore the file from a copy, or move it away and start a new run"
                )
            if record is not None:
                self._take_in(record)
                whole += len(line)
        return whole

    def _take_in(self, record: dict[str, Any]) -> None:
        match record["kind"]:
            case "attempt":
                self.attempt = record["attempt"]
                self.run = self.run or record.get("run", {})
            case "pending":
                self.pending = from_json(record)
            case "settled":
                self.pending = None
            case "convicted":
                conviction = Conviction(record["step"], record["reason"])
                self.convicted.setdefault(record["worker"], conviction)

    def _append(self, record: dict[str, Any]) -> None:
        if self._file is None:
            raise ValueError(f"{self.path}: the journal is closed; open it again")
        with self._closing_on_error():
            line = memoryview(written(record))
            while line:
                line = line[os.write(self._file, line) :]
            os.fsync(self._file)
        self._take_in(record)

    @contextmanager
    def _closing_on_error(self) -> Iterator[None]:
        try:
            yield
        except BaseException:
            self.close()
            raise

    def _parameters_of(self, probe: Pending) -> Path:
        return self.path.with_name(f"{self._prefix}{probe.attempt}-{probe.step}.pt")

    @property
    def _prefix(self) -> str:
        return f"{self.path.name}.theta-"

    def _clean(self) -> None:
        """Delete parameters that no pending probe needs."""
        needed = None if self.pending is None else self._parameters_of(self.pending)
        for path in self.path.parent.iterdir():
            if path.name.startswith(self._prefix) and path != needed:
                path.unlink()
