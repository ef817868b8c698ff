"""A table of accuracies as it is described in launch/tables/NAME.yaml: rows by columns of runs."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from robusttrain.config.paths import CONFIGS

TABLES = CONFIGS.parent / "launch" / "tables"
MEASURES = {
    "accuracy": "{:.3f}",
    "loss": "{:.3f}",
    "forged": "{:.4f}",
    "convicted": "{:.3g}",
    "false_convictions": "{:.3g}",
}


@dataclass(frozen=True)
class Cell:
    """One run of a table.

    row, column: str. Where it stands.
    seed: int. The same seeds in every cell, so that cells are paired.
    words: Hydra overrides, the seed among them.
    """

    row: str
    column: str
    seed: int
    words: tuple[str, ...]


@dataclass(frozen=True)
class Grid:
    """Rows by columns of overrides, each run with the same seeds.

    name: str. Of its file.
    title: str. What the table shows.
    seeds: list[int]. Of each cell.
    rows, columns: label -> overrides; those of the column come last.
    shows: list[str]. Measures: the first with its standard error, the others in brackets.
    base: list[str]. Overrides of every cell, before its own.
    at: list[int]. Steps after which the test set is measured; empty: after the last one.
    only: column -> the rows that it has; a column that is not named has all.
    promises: list. Each {columns, row, column, within}: the first measure, averaged over seeds,
        is in those columns nowhere farther than `within` from that of the cell (row, column).
    """

    name: str
    title: str
    seeds: list[int]
    rows: Mapping[str, list[str]]
    columns: Mapping[str, list[str]]
    shows: list[str] = field(default_factory=lambda: ["accuracy"])
    base: list[str] = field(default_factory=list)
    at: list[int] = field(default_factory=list)
    only: Mapping[str, list[str]] = field(default_factory=dict)
    promises: list[dict[str, Any]] = field(default_factory=list)

    def cells(self) -> Iterator[Cell]:
        """All runs, seed by seed, so that one that is broken off has whole tables of few seeds."""
        for seed in self.seeds:
            for row, column in self.places():
                words = (*self.base, *self.rows[row], *self.columns[column], f"seed={seed}")
                yield Cell(row, column, seed, words)

    def places(self) -> list[tuple[str, str]]:
        """The (row, column) of each cell that the table has."""
        return [(r, c) for r in self.rows for c in self.columns if r in self.only.get(c, self.rows)]

    def repeats(self, place: tuple[str, str]) -> bool:
        """Whether the server's draws in this cell are the same every time: an integer secret."""
        row, column = place
        words = [*self.base, *self.rows[row], *self.columns[column]]
        secrets = [word for word in words if word.startswith("defense.secret=")]
        return bool(secrets) and secrets[-1] != "defense.secret=null"


KEYS = {key for key in Grid.__dataclass_fields__ if key != "name"}
PROMISE = {"columns", "row", "column", "within"}
NEEDED = ("title", "seeds", "rows", "columns")


def names(folder: Path = TABLES) -> list[str]:
    """The tables that there are."""
    return sorted(path.stem for path in folder.glob("*.yaml"))


def read_grid(name: str, folder: Path = TABLES) -> Grid:
    """The table of this name; ValueError that says what its file may hold, or which there are."""
    if name not in names(folder):
        raise ValueError(f"there is no table {name!r}; there are {', '.join(names(folder))}")
    path = folder / f"{name}.yaml"
    try:
        content = yaml.safe_load(path.read_text())
    except yaml.YAMLError as error:
        raise ValueError(f"{path} is not YAML: {' '.join(str(error).split())}") from error
    if not isinstance(content, dict):
        raise ValueError(f"{path} must hold keys and values; it may have {', '.join(sorted(KEYS))}")
    check_content(path, content)
    return Grid(name, **content)


def check_content(path: Path, content: dict[str, Any]) -> None:
    """Raise ValueError that names the key, its value and the rule."""
    for key in content.keys() - KEYS:
        raise ValueError(f"{path}: unknown key {key!r}; a table has {', '.join(sorted(KEYS))}")
    for key in NEEDED:
        if not content.get(key):
            raise ValueError(f"{path}: {key} is missing; a table needs {', '.join(NEEDED)}")
    for key in ("rows", "columns", "only"):
        if not isinstance(content.get(key, {}), dict):
            raise ValueError(f"{path}: {key} must be keys and values, a label and a list each")
    for key in ("seeds", "shows", "base", "at", "promises"):
        if not isinstance(content.get(key, []), list):
            raise ValueError(f"{path}: {key} must be a list")
    for key in ("rows", "columns"):
        for label, words in content[key].items():
            if not isinstance(words, list):
                raise ValueError(f"{path}: {key}: {label!r} must be a list of overrides, or []")
    for measure in content.get("shows", []):
        if measure not in MEASURES:
            raise ValueError(f"{path}: shows {measure!r}; there are {', '.join(MEASURES)}")
    check_places(path, content)


def check_places(path: Path, content: dict[str, Any]) -> None:
    """Raise ValueError if `only` or `promises` name a row or a column that there is not."""
    promises = content.get("promises", [])
    for promise in promises:
        if not isinstance(promise, dict) or promise.keys() != PROMISE:
            raise ValueError(f"{path}: a promise has columns, row, column, within; got {promise}")
    named = [c for p in promises for c in [p["column"], *p["columns"]]]
    for column in [*content.get("only", {}), *named]:
        if column not in content["columns"]:
            raise ValueError(f"{path}: {column!r} is none of its columns")
    rows = [r for several in content.get("only", {}).values() for r in several]
    for row in [*rows, *(p["row"] for p in promises)]:
        if row not in content["rows"]:
            raise ValueError(f"{path}: {row!r} is none of its rows")
