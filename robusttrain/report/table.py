"""Tables of runs side by side: the settings in which they differ, and their results."""

import atexit
import contextlib
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hydra.experimental.callback import Callback
from omegaconf import DictConfig
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from robusttrain.names import counted
from robusttrain.report.csv_file import write_csv
from robusttrain.report.runs import Row, Run, measures_of, number, read_runs, telling
from robusttrain.report.seeds import means

WIDE = 10_000  # columns of characters; a table takes what it needs
OVER_SEEDS = "mean ± standard error over seeds"


class Report(Callback):
    """Ends a Hydra sweep: its table, printed and in table.csv; exit code 1 if a point failed."""

    def __init__(self) -> None:
        self.earlier: set[Path] = set()

    def on_multirun_start(self, config: DictConfig, **kwargs: Any) -> None:
        folder = Path(config.hydra.sweep.dir)
        self.earlier = {path.parent for path in folder.rglob("summary.json")}
        made = [place for place in (folder, *folder.parents) if not place.exists()]
        atexit.register(forget_empty, folder, made)

    def on_multirun_end(self, config: DictConfig, **kwargs: Any) -> None:
        folder = Path(config.hydra.sweep.dir)
        runs = read_runs(folder)
        if not runs:
            return
        save(rows_of(runs), folder / "table.csv")
        show_all(runs, str(folder))
        print(f"also in {folder / 'table.csv'}")
        ours = [run for run in runs if folder / run.name not in self.earlier]
        failed = sum(run.outcome != "finished" for run in ours)
        if failed:
            sys.stdout.flush()
            raise SystemExit(f"error: {failed} of {counted(len(ours), 'run')} did not finish")


def forget_empty(folder: Path, made: Sequence[Path]) -> None:
    """Remove the folders `made` for a sweep that Hydra refused: all it holds is multirun.yaml."""
    if folder not in made or {path.name for path in folder.glob("*")} - {"multirun.yaml"}:
        return
    with contextlib.suppress(OSError):
        (folder / "multirun.yaml").unlink()
        for place in made:
            place.rmdir()


def rows_of(runs: Sequence[Run]) -> list[Row]:
    """A row for each run: its name and outcome, what tells it apart from the others, its results.

    The column "error" (why a run did not finish) is there if any run has one.
    """
    keys = [key for key in telling([run.settings for run in runs]) if key != "steps"] or ["label"]
    results = dict.fromkeys(key for run in runs for key in run.results)
    failed = any(run.error for run in runs)
    return [
        {"run": run.name, "outcome": run.outcome}
        | {key: run.settings.get(key, "-") for key in keys}
        | {key: measured(key, run.measures.get(key)) for key in measures_of(runs)}
        | {key: run.results.get(key, "-") for key in results}
        | ({"error": run.error or "-"} if failed else {})
        for run in runs
    ]


def measured(key: str, value: float | None) -> str:
    """A measure as it is shown: accuracies with three digits."""
    return number(value, "{:.3f}" if key.endswith("accuracy") else "{:.4g}")


def show_all(runs: Sequence[Run], title: str) -> None:
    """Print the runs, why some did not finish, and the means over seeds if there are several."""
    rows = rows_of(runs)
    show([{k: v for k, v in row.items() if k != "error"} for row in rows], title)
    for run in runs:
        if run.error:
            print(f"{run.name} {was(run.outcome)}: {run.error}")
    over_seeds = means(runs)
    if over_seeds:
        show(over_seeds, OVER_SEEDS)


def was(outcome: str) -> str:
    """The outcome as a verb."""
    return "was refused" if outcome == "refused" else "broke off"


def show(rows: Sequence[Row], title: str) -> None:
    """Print the table, as wide as the terminal is, or as it needs to be where there is none."""
    table = Table(title=escape(title))
    for key in rows[0]:
        table.add_column(key, overflow="fold")
    for row in rows:
        table.add_row(*row.values())
    console = Console()
    if not console.is_terminal:
        console.width = WIDE
    console.print(table, markup=False)


def as_markdown(rows: Sequence[Row]) -> str:
    """The table in Markdown."""
    lines = [list(rows[0]), ["---"] * len(rows[0]), *(list(row.values()) for row in rows)]
    cells = [[cell.replace("|", "\\|") for cell in line] for line in lines]
    return "\n".join(f"| {' | '.join(line)} |" for line in cells)


def save(rows: Sequence[Row], path: Path) -> None:
    """Write the table as a CSV file."""
    write_csv(path, list(rows[0]), [list(row.values()) for row in rows])
