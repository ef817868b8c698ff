"""Where a run may be written: a folder of its own, in one that can be written to."""

import tempfile
from pathlib import Path
from typing import Any


def check_place(run: dict[str, Any], resume: str | None = None) -> None:
    """Raise ValueError unless the run's folder can be made and does not hold a run.

    resume: str or None. `auto`: it may hold a run that goes on.
    """
    from robusttrain.run.recorder import check_folder

    name = run["name"]
    if name is not None and (not isinstance(name, str) or not name.strip()):
        raise ValueError(f"run.name={name} must be text, as in run.name=run1, or null")
    for key in ("name", "label"):
        check_single(f"run.{key}", str(run.get(key) or "run"))
    check_folder(run, resume)
    check_writable(Path(run["root"], name or ""))


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
