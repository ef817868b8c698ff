"""Tables of finished runs side by side: the settings in which they differ, and their results."""

import json
import sys
from collections.abc import Callable
from operator import itemgetter
from pathlib import Path
from typing import Any

import yaml
from hydra.experimental.callback import Callback
from omegaconf import DictConfig
from rich.console import Console
from rich.table import Table

from robusttrain.names import name_of_target
from robusttrain.report.csv_file import write_csv

Row = dict[str, str]
MALFORMED = (ValueError, KeyError, IndexError, TypeError, AttributeError)  # not as we write it

SETTINGS = (
    "label", "workers", "true liars", "assumed liars", "knowledge", "evict", "permute", "seed",
    "data", "model", "assignment", "detector", "vote", "preaggregator", "aggregator", "placement",
    "target", "attack",
)  # fmt: skip


class Report(Callback):
    """At the end of a Hydra sweep, prints its runs as a table and writes them to table.csv."""

    def on_multirun_end(self, config: DictConfig, **kwargs: Any) -> None:
        folder = Path(config.hydra.sweep.dir)
        rows = collect(folder)
        if rows:
            save(rows, folder / "table.csv")
            show(rows, str(folder))
            print(f"also in {folder / 'table.csv'}")


def tell(note: str) -> None:
    """Print it beside the table, not into it."""
    print(note, file=sys.stderr)


def collect(folder: Path, note: Callable[[str], None] = tell) -> list[Row]:
    """A row for each run below `folder`, in the order in which they were started.

    Of the settings only those that tell the runs apart are kept: a column is left out if it
    is the same in all runs that the columns before it do not tell apart. Parameters of the
    components come after the components themselves. A run whose files cannot be read is left
    out; `note` is told which, and why.
    """
    runs = runs_below(folder, note)
    keys = dict.fromkeys(SETTINGS) | dict.fromkeys(sorted({k for s, _ in runs for k in s}))
    shown: list[str] = []
    for key in keys:
        groups: dict[tuple[str, ...], set[str]] = {}
        for settings, _ in runs:
            before = tuple(settings.get(k, "-") for k in shown)
            groups.setdefault(before, set()).add(settings.get(key, "-"))
        if any(len(values) > 1 for values in groups.values()):
            shown.append(key)
    return [{k: s.get(k, "-") for k in shown or ["label"]} | results for s, results in runs]


def runs_below(folder: Path, note: Callable[[str], None]) -> list[tuple[Row, Row]]:
    """Settings and results of each run that can be read, in the order of their config.yaml."""
    runs = []
    for summary in sorted(folder.rglob("summary.json")):
        path = config = summary.parent / "config.yaml"
        try:
            started, settings = config.stat().st_mtime, settings_of(summary.parent)
            path = summary
            runs.append((started, summary, settings, results_of(summary)))
        except (OSError, yaml.YAMLError, *MALFORMED) as error:
            reason = " ".join(f"{type(error).__name__}: {error}".split())
            note(f"{summary.parent} is left out: {path} cannot be read ({reason})")
    return [(settings, results) for _, _, settings, results in sorted(runs, key=itemgetter(0, 1))]


def settings_of(run: Path) -> Row:
    """The settings of a run, each as one word: names of components, numbers, parameters."""
    config = yaml.safe_load((run / "config.yaml").read_text())
    chosen = {k: config[k] for k in SETTINGS if isinstance(config.get(k), dict)}
    parts = {k: name_of_target(p["_target_"]) for k, p in chosen.items() if "_target_" in p}
    described = (config.get("preaggregator") or {}).values()
    stages = [name_of_target(p["_target_"]) for p in described if "_target_" in p]
    plain = {
        "label": config["run"]["label"],
        "workers": config["workers"],
        "true liars": config["threat"]["byzantine"],
        "assumed liars": config["defense"]["byzantine"],
        "knowledge": config["threat"]["knowledge"],
        "evict": config["defense"]["evict"],
        "permute": config["permute"],
        "seed": config["seed"],
        "preaggregator": " ".join(stages) or "none",
    }
    rest = {k: v for k, v in config.items() if k not in ("run", "wandb", "runtime")}
    return {k: str(v) for k, v in (parts | plain | parameters(rest)).items()}


def parameters(config: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """All values of a nested configuration by their dotted keys, but for the names of targets."""
    values: dict[str, Any] = {}
    for key, value in config.items():
        if isinstance(value, dict):
            values |= parameters(value, f"{prefix}{key}.")
        elif key != "_target_" and prefix:
            values[f"{prefix}{key}"] = value
    return values


def results_of(summary: Path) -> Row:
    """The results of a run, from its summary.json, as they are shown."""
    s = json.loads(summary.read_text())
    wrong = f", {len(s['false_convictions'])} wrongly" if s["false_convictions"] else ""
    liars = len(s["convicted"]) - len(s["false_convictions"]) + len(s["missed"])
    return {
        "accuracy": number(s["test_accuracy"], "{:.3f}")
        + ("" if s["finished"] else " (broken off)"),
        "forged": number(s["distorted_fraction_mean"], "{:.4f}"),
        "convicted": f"{len(s['convicted'])} ({liars} lied{wrong})",
        "honest convicted a step": f"{s['honest_convicted_per_step']:.2f}",
        "steps to detect": number(s["steps_to_detect_median"], "{:g}"),
        "recomputed": str(s["audits"]),
        "MB a step": number(s["bytes_to_server_per_step"], "{:.1f}", 1e-6),
        "s a step": number(s["seconds_per_step"], "{:.2f}"),
    }


def number(value: float | None, form: str, scale: float = 1.0) -> str:
    """value * scale in the format `form`; "-" for None."""
    return "-" if value is None else form.format(value * scale)


def show(rows: list[Row], title: str) -> None:
    """Print the table, as wide as the terminal is, or as it needs to be where there is none."""
    table = Table(*rows[0], title=title)
    for row in rows:
        table.add_row(*row.values())
    console = Console()
    if not console.is_terminal:
        console.width = 200
    console.print(table)


def as_markdown(rows: list[Row]) -> str:
    """The table in Markdown."""
    lines = [list(rows[0]), ["---"] * len(rows[0]), *(list(row.values()) for row in rows)]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def save(rows: list[Row], path: Path) -> None:
    """Write the table as a CSV file."""
    write_csv(path, list(rows[0]), [list(row.values()) for row in rows])
