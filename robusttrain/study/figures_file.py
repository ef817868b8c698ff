"""Figures of a table in a CSV file, a line each, with every bit."""

import csv
from collections.abc import Iterable
from pathlib import Path

from robusttrain.study.cell import MEASURES
from robusttrain.study.figures import Figure

HEAD = ("row", "column", "seed", "step", "words", "hardware", *MEASURES)


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
