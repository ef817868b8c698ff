"""Runs the cells of a table that are missing, in this process or in several."""

import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

from robusttrain.config.compose import compose
from robusttrain.config.recipe import recipe
from robusttrain.study.cell import Cell
from robusttrain.study.figures import Figure, digest_of
from robusttrain.study.figures_file import read, write
from robusttrain.study.grid import Grid
from robusttrain.study.measure import measure


def complete(grid: Grid, path: Path) -> bool:
    """Whether each cell of the table, as it is described now, is in the file."""
    return not missing(grid, read(path))


def missing(grid: Grid, figures: Sequence[Figure]) -> list[Cell]:
    """The cells that have no figures, or only those of other overrides."""
    done = {(f.row, f.column, f.seed, f.words) for f in figures}
    return [
        cell
        for cell in grid.cells()
        if (cell.row, cell.column, cell.seed, digest_of(cell, grid.at)) not in done
    ]


def fill(
    grid: Grid,
    path: Path,
    jobs: int = 1,
    most: int | None = None,
    tell: Callable[[str], None] = print,
) -> list[Figure]:
    """Run at most `most` of the cells that the file at `path` lacks; all that it holds then.

    The file is written after each run, so that the same call goes on where one was broken off.

    jobs: int. Processes; 1: this one.
    tell: hears of each run that ended.
    """
    current = {(c.row, c.column, c.seed, digest_of(c, grid.at)) for c in grid.cells()}
    figures = [f for f in read(path) if (f.row, f.column, f.seed, f.words) in current]
    todo = missing(grid, figures)
    todo = todo if most is None else todo[:most]
    check(todo)
    for number, (cell, measured) in enumerate(run_all(todo, grid.at, jobs), 1):
        figures += measured
        write(path, figures)
        shown = ", ".join(f"{name} {measured[-1].measures[name]:.4g}" for name in grid.shows)
        tell(f"{number} of {len(todo)}: {cell.row}, {cell.column}, seed {cell.seed}: {shown}")
    return figures


def check(cells: Sequence[Cell]) -> None:
    """Raise ValueError if one of the cells would be refused; each is checked with one seed."""
    for cell in {(c.row, c.column): c for c in cells}.values():
        try:
            recipe(compose(*cell.words), 1)
        except ValueError as error:
            raise ValueError(f"{cell.row}, {cell.column}: {error}") from error


def run_all(
    cells: Sequence[Cell], at: Sequence[int], jobs: int
) -> Iterator[tuple[Cell, list[Figure]]]:
    """Each cell with its figures, as they end."""
    if jobs == 1:
        for cell in cells:
            yield cell, measure(cell, at)
        return
    with ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn")) as pool:
        waiting = {pool.submit(measure, cell, at): cell for cell in cells}
        for done in as_completed(waiting):
            yield waiting[done], done.result()
