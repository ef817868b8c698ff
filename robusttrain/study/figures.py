"""Figures of a table: what each of its runs measured, kept in a CSV file as they come."""

import csv
import platform
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import torch
from blake3 import blake3

from robusttrain.study.grid import MEASURES, Cell

HEAD = ("row", "column", "seed", "step", "words", "hardware", *MEASURES)


@dataclass(frozen=True)
class Figure:
    """What one run measured after one of its steps.

    row, column, seed: of its cell.
    step: int. Steps done.
    words: str. Digest of the overrides: a cell that was changed is another one.
    hardware: str. What bits may depend on.
    measures: name -> value.
    """

    row: str
    column: str
    seed: int
    step: int
    words: str
    hardware: str
    measures: dict[str, float]

    @property
    def place(self) -> tuple[str, str, int, int]:
        """What it is of: row, column, seed and step."""
        return self.row, self.column, self.seed, self.step


def digest_of(cell: Cell, at: Iterable[int]) -> str:
    """8 hexadecimal digits that tell what is run and when it is measured.

    >>> digest_of(Cell("a", "b", 0, ("steps=3", "seed=0")), [])
    '95a93ed1'
    """
    return blake3("\n".join([*cell.words, *map(str, at)]).encode()).hexdigest(8)[:8]


def hardware() -> str:
    """Processor family, vector instructions and version of torch."""
    capability = torch.backends.cpu.get_cpu_capability()
    return f"{platform.machine()} {capability} torch {torch.__version__}"


def read(path: Path) -> list[Figure]:
    """All figures in the file; none if there is no file. A line that was cut off is left out."""
    if not path.exists():
        return []
    with path.open(newline="") as file:
        lines = [line for line in csv.DictReader(file) if None not in line.values()]
    return [
        Figure(
            line["row"], line["column"], int(line["seed"]), int(line["step"]), line["words"],
            line["hardware"], {name: float(line[name]) for name in MEASURES},
        )
        for line in lines
    ]  # fmt: skip


def write(path: Path, figures: Iterable[Figure]) -> None:
    """Replace the file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(HEAD)
        writer.writerows(map(line_of, figures))


def line_of(figure: Figure) -> list[object]:
    """The figure in the order of `HEAD`."""
    values = [figure.measures[name] for name in MEASURES]
    return [*figure.place, figure.words, figure.hardware, *values]
