"""A table of accuracies: rows by columns of runs, each with the same seeds."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from robusttrain.study.cell import Cell


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
