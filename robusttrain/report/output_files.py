"""Files that a command is to write, checked before it works for them."""

import os
from pathlib import Path


def check_outputs(csv: Path | None, image: Path | None = None) -> None:
    """Raise ValueError unless both files can be written, and `image` as what its name ends with.

    csv: the value of --csv, or None.
    image: the value of --png, or None; any format that matplotlib writes.
    """
    for option, path in (("--csv", csv), ("--png", image)):
        if path is not None:
            check_file(option, path)
    if image is not None:
        check_image("--png", image)


def check_file(option: str, path: Path) -> None:
    """Raise ValueError if the file could not be written."""
    folder = path.resolve().parent
    if path.is_dir():
        raise ValueError(f"{option} {path} is a folder; name a file in it")
    if not folder.is_dir():
        raise ValueError(f"{option} {path}: there is no folder {folder}; create it")
    if not os.access(path if path.exists() else folder, os.W_OK):
        raise ValueError(f"{option} {path} cannot be written; use a file that you can write to")


def check_image(option: str, path: Path) -> None:
    """Raise ValueError if matplotlib has no format of this ending."""
    from matplotlib.backend_bases import FigureCanvasBase

    known = sorted(FigureCanvasBase.get_supported_filetypes())
    if path.suffix[1:].lower() not in known:
        raise ValueError(
            f"{option} {path} must end in a format of images ({', '.join(known)}); use "
            f"{path.with_suffix('.png')}"
        )
