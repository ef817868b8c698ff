"""Where the journal of probes may be written: in a folder that exists."""

import os
from pathlib import Path


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
