"""Checkpoints: states of a run on disk, each whole or not there, written beside the steps."""

import hashlib
import io
import logging
import re
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import torch

from robusttrain.protocol.durable import durably
from robusttrain.run.files import CHECKPOINTS, checkpoints

log = logging.getLogger(__name__)
FORMAT = 1
MARK = "robusttrain checkpoint"


class Checkpoints:
    """The checkpoints of a run, the newest `keep` of them.

    A step waits only for its copy of the state to be made, and for the file before this one.
    Where one cannot be written training goes on; the log says so once, until one can be.

    folder: Path. Of the run; they lie in `checkpoints/` in it.
    keep: int >= 1.
    """

    def __init__(self, folder: Path, keep: int) -> None:
        self.folder, self.keep = folder, keep
        self._pool = ThreadPoolExecutor(1, "checkpoint")
        self._writing: Future[None] | None = None
        self._failed = False

    def save(self, step: int, state: Mapping[str, Any]) -> None:
        """Have the state after `step` steps written."""
        self.wait()
        self._writing = self._pool.submit(self._save, step, copied(state))

    def wait(self) -> None:
        """Until the last one is written, or has failed."""
        if self._writing is not None:
            self._writing.result()

    def _save(self, step: int, state: Mapping[str, Any]) -> None:
        path = self.folder / CHECKPOINTS / f"step-{step:08}.pt"
        try:
            path.parent.mkdir(exist_ok=True)
            write(path, step, state)
            for old in checkpoints(self.folder)[self.keep :]:
                old.unlink()
            self._failed = False
        except OSError as error:
            path.with_suffix(".partial").unlink(missing_ok=True)
            if not self._failed:
                log.warning(
                    "the checkpoint after step %d cannot be written (%s); training goes on without "
                    "it", step - 1, error.strerror,
                )  # fmt: skip
            self._failed = True


def copied(value: Any) -> Any:
    """The same with tensors of its own, on the CPU; what is one tensor stays one."""
    if isinstance(value, torch.Tensor):
        return value.detach().to("cpu", copy=True)
    if isinstance(value, Mapping):
        return {key: copied(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(copied(inner) for inner in value)
    return value


def write(path: Path, step: int, state: Mapping[str, Any]) -> None:
    """Write a checkpoint at once: it is whole and on disk, or not there. Raises OSError."""
    buffer = io.BytesIO()
    torch.save({"step": step, "state": dict(state)}, buffer)
    data = buffer.getbuffer()
    with durably(path) as file:
        file.write(f"{MARK} {FORMAT} {hashlib.blake2b(data).hexdigest()}\n".encode())
        file.write(data)


def read(path: Path) -> tuple[int, dict[str, Any]]:
    """(steps that are done, state). Raises ValueError if the file is damaged, or of a later format.

    Nothing but tensors, numbers, texts and containers is loaded.
    """
    with path.open("rb") as file:
        first, data = file.readline(300), file.read()
    marked = re.fullmatch(rf"{MARK} (\d+) ([0-9a-f]+)\n", first.decode(errors="replace"))
    if marked is None:
        raise ValueError(f"{path} is no checkpoint, or its first line is damaged")
    if int(marked[1]) != FORMAT:
        raise ValueError(
            f"{path} has format {marked[1]}, and this version of robusttrain reads {FORMAT}; "
            "resume with the version that wrote it"
        )
    if hashlib.blake2b(data).hexdigest() != marked[2]:
        raise ValueError(f"{path} is damaged: its checksum is another")
    try:
        held: dict[str, Any] = torch.load(io.BytesIO(data), weights_only=True)
    except Exception as error:  # its checksum is right: somebody has made it so
        raise ValueError(f"{path} holds other things than numbers, and is not loaded") from error
    return held["step"], held["state"]


def newest(folder: Path) -> tuple[Path, int, dict[str, Any]] | None:
    """(path, steps, state) of the newest checkpoint of a run that is whole; None: there is none.

    The log says which ones are damaged. Raises ValueError if all of them are.
    """
    paths = checkpoints(folder)
    for path in paths:
        try:
            return path, *read(path)
        except ValueError as error:
            log.warning("%s; the one before it is used", error)
    if paths:
        raise ValueError(f"all checkpoints in {folder} are damaged; start the run anew elsewhere")
    return None
