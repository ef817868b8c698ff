"""Run a table of the documentation again, over paired seeds, and compare it with the stored one.

python launch/paper.py                     the tables that there are: launch/tables/*.yaml
python launch/paper.py NAME                runs what is missing, prints the table, and compares
python launch/paper.py NAME --jobs 2       two processes
python launch/paper.py NAME --runs 0       shows what has run so far; nothing is run
python launch/paper.py NAME --store        keeps the figures, and prints them in docs/results.md

Runs are in this process, with the bits of real ranks. Each is kept when it ends, in
runs/paper/NAME.csv, so that the same command goes on where it was broken off; once the table is
whole, the next call starts it afresh. Exit code 1 if a figure differs from the stored one, or a
promise of the table does not hold.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from robusttrain.config.arguments import Parser
from robusttrain.names import counted
from robusttrain.study.differences import differences
from robusttrain.study.figures import Figure
from robusttrain.study.figures_file import read, write
from robusttrain.study.grid import Grid
from robusttrain.study.grid_file import TABLES, names, read_grid
from robusttrain.study.paired import markdown
from robusttrain.study.paper import complete, fill, missing
from robusttrain.study.printed import printed
from robusttrain.study.promises import broken_promises

PAGE = TABLES.parents[1] / "docs" / "results.md"


def main(arguments: Sequence[str] | None = None) -> None:
    try:
        options = parse(arguments)
        if options.name is None:
            print("\n".join(f"{n}: {read_grid(n, options.tables).title}" for n in names(TABLES)))
        elif run(options):
            raise SystemExit(1)
    except (ValueError, OSError) as error:
        raise SystemExit(f"error: {error}") from error


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = Parser(__doc__)
    parser.add_argument("name", nargs="?", help="of the table")
    parser.add_argument("--jobs", type=int, default=1, help="processes (default 1)")
    parser.add_argument("--runs", type=int, help="run at most so many of the missing cells")
    parser.add_argument("--fresh", action="store_true", help="forget what has run so far")
    parser.add_argument("--store", action="store_true", help="replace the stored figures")
    parser.add_argument("--folder", type=Path, default=Path("runs/paper"), help="of the runs")
    parser.add_argument("--tables", type=Path, default=TABLES, help="folder of the tables")
    options = parser.parse_args(arguments)
    if options.jobs < 1:
        parser.error(f"--jobs {options.jobs} must be >= 1")
    if options.runs is not None and options.runs < 0:
        parser.error(f"--runs {options.runs} must be >= 0")
    return options


def run(options: argparse.Namespace) -> bool:
    """Run, print and compare; whether anything is not as it is stored or promised."""
    grid = read_grid(options.name, options.tables)
    path, stored_at = options.folder / f"{grid.name}.csv", options.tables / f"{grid.name}.csv"
    stored = read(stored_at)
    if options.fresh or (options.runs != 0 and complete(grid, path)):
        path.unlink(missing_ok=True)
    figures = fill(grid, path, options.jobs, options.runs, lambda line: print(line, flush=True))
    print(f"\n{grid.title}\n\n{markdown(grid, figures)}\n")
    lines = [*compared(grid, figures, stored), *broken_promises(grid, figures)]
    print("\n".join(lines))
    if options.store:
        store(grid, figures, stored_at)
    return bool(lines)


def compared(grid: Grid, figures: Sequence[Figure], stored: Sequence[Figure]) -> list[str]:
    """Says what was compared; the differences."""
    todo = missing(grid, figures)
    if todo:
        print(f"{counted(len(todo), 'run')} of {len(list(grid.cells()))} missing")
    lines = differences(grid, figures, stored)
    both = {f.place for f in figures} & {f.place for f in stored}
    where = f"differs in {len(lines)}" if lines else "differs in nothing"
    print(f"{counted(len(both), 'figure')} compared with the stored: {where}")
    return lines


def store(grid: Grid, figures: Sequence[Figure], path: Path) -> None:
    """Keep the figures, and print their table where the documentation has it."""
    write(path, in_order(grid, figures))
    print(f"stored in {path}")
    page = PAGE.read_text() if PAGE.exists() else ""
    changed = printed(page, grid.name, markdown(grid, figures))
    if changed != page:
        PAGE.write_text(changed)
        print(f"printed in {PAGE}")


def in_order(grid: Grid, figures: Sequence[Figure]) -> list[Figure]:
    """The figures in the order of the table, whichever run ended first."""
    order = {(c.row, c.column, c.seed): i for i, c in enumerate(grid.cells())}
    return sorted(figures, key=lambda f: (order[f.row, f.column, f.seed], f.step))


if __name__ == "__main__":
    main()
