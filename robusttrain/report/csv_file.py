"""Tables as CSV files."""

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path


def check_parents(*paths: Path | None) -> None:
    """Raise ValueError if a file could not be written because its folder is not there."""
    for path in filter(None, paths):
        if not path.resolve().parent.is_dir():
            raise ValueError(f"{path}: there is no folder {path.resolve().parent}; create it")


def write_csv(path: Path, head: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Write `head` and one line for each row to `path`."""
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(head)
        writer.writerows(rows)
