"""Where a run may be written: a folder of its own, in one that can be written to."""

import os
import tempfile
from pathlib import Path
from typing import Any


def check_place(run: dict[str, Any]) -> None:
    """Raise ValueError unless the run's folder can be made and does not hold a run."""
    from robusttrain.run.recorder import check_folder

    name = run["name"]
    if name is not None and (not isinstance(name, str) or not name.strip()):
        raise ValueError(f"run.name={name} must be text, as in run.name=run1, or null")
    for key in ("name", "label"):
        check_single(f"run.{key}", str(run.get(key) or "run"))
    check_folder(run)
    check_writable(Path(run["root"], name or ""))


def check_journal(path: str | None) -> None:
    """Raise ValueError unless `probe.journal` can be made, or gone on with; None: there is none."""
    if path is None:
        return
    file = Path(path).absolute()
    if not (os.access(file, os.R_OK | os.W_OK) and file.is_file() if file.exists() else
            file.parent.is_dir() and os.access(file.parent, os.W_OK)):  # fmt: skip
        raise ValueError(
            f"probe.journal={path} cannot be written; set it to a file in a folder that exists, "
            "or to null"
        )


def check_single(key: str, name: str) -> None:
    """Raise ValueError unless `name` is one folder's: a path could lead out of run.root."""
    if name in (".", "..") or {"/", "\\", "\0"} & set(name):
        raise ValueError(
            f"{key}={name} must be the name of a single folder; use {key}=run1, and set run.root "
            "to choose where it lies"
        )


def check_writable(folder: Path) -> None:
    """Raise ValueError unless `folder` can be made, or written to if it exists."""
    place = existing(folder)
    try:
        with tempfile.TemporaryDirectory(dir=place):
            pass
    except OSError as error:
        raise ValueError(
            f"run.root: {folder} cannot be written ({place}: {error.strerror}); set run.root to "
            "a folder that you can write to"
        ) from error


def existing(folder: Path) -> Path:
    """The folder, or the nearest above it that exists."""
    place = folder.absolute()
    while not place.exists() and place != place.parent:
        place = place.parent
    return place
