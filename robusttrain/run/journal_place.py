"""Where the journal of probes may be written: in a folder that exists, one run after another."""

import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from robusttrain.protocol.journal_records import check_same, run_of

DECIDING = (
    "workers", "batch", "seed", "permute", "data", "augment", "model", "objective", "assignment",
    "probe.claim", "probe.lanes", "runtime.block", "runtime.threads",
)  # fmt: skip
APART = {"data.root", "data.processes", "objective.vectorize"}  # no sum depends on them


def check_journal(config: Mapping[str, Any]) -> None:
    """Raise ValueError unless `probe.journal` can be made, or gone on with; null: there is none."""
    if (path := config["probe"]["journal"]) is None:
        return
    file = Path(path).absolute()
    if not (os.access(file, os.R_OK | os.W_OK) and file.is_file() if file.exists() else
            file.parent.is_dir() and os.access(file.parent, os.W_OK)):  # fmt: skip
        raise ValueError(
            f"probe.journal={path} cannot be written; set it to a file in a folder that exists, "
            "or to null"
        )
    if file.exists():
        check_same(Path(path), run_of(file), deciding(config))


def deciding(config: Mapping[str, Any]) -> dict[str, Any]:
    """The keys and values of a configuration that a worker's sum follows from, with parameters."""
    return {
        key: value for key, value in leaves(config) if key not in APART and within(key, DECIDING)
    }


def within(key: str, parts: Iterable[str]) -> bool:
    """Whether a dotted key is one of `parts`, or stands in one.

    >>> within("data.root", ["data"]), within("database", ["data"]), within("data", ["data.root"])
    (True, False, False)
    """
    return any(f"{key}.".startswith(f"{part}.") for part in parts)


def leaves(config: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """(key, value) of what holds no further keys; values that JSON has not as text."""
    for key, value in config.items():
        if isinstance(value, Mapping):
            yield from leaves(value, f"{prefix}{key}.")
        else:
            plain = value is None or isinstance(value, bool | int | float | str)
            yield f"{prefix}{key}", value if plain else str(value)
