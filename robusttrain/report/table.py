"""Finished runs side by side: what differed between them, and what came of it."""

import csv
import json
from pathlib import Path
from typing import Any

import yaml
from hydra.experimental.callback import Callback
from omegaconf import DictConfig
from rich.console import Console
from rich.table import Table

Row = dict[str, str]

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
            write_csv(rows, folder / "table.csv")
            show(rows, str(folder))
            print(f"also in {folder / 'table.csv'}")


def collect(folder: Path) -> list[Row]:
    """A row for each run below `folder`, in the order of their names.

    Of the settings only those that tell the runs apart are kept: a column is left out if it
    is the same in all runs that the columns before it do not tell apart. Parameters of the
    parts come after the parts themselves.
    """
    found = [(settings_of(path.parent), results_of(path)) for path in runs_below(folder)]
    keys = dict.fromkeys(SETTINGS) | dict.fromkeys(sorted({k for s, _ in found for k in s}))
    shown: list[str] = []
    for key in keys:
        groups: dict[tuple[str, ...], set[str]] = {}
        for settings, _ in found:
            told = tuple(settings.get(k, "-") for k in shown)
            groups.setdefault(told, set()).add(settings.get(key, "-"))
        if any(len(values) > 1 for values in groups.values()):
            shown.append(key)
    return [{k: s.get(k, "-") for k in shown or ["label"]} | results for s, results in found]


def runs_below(folder: Path) -> list[Path]:
    """The summaries of all runs below `folder`, in the order in which the runs were started."""
    found = folder.rglob("summary.json")
    return sorted(found, key=lambda path: ((path.parent / "config.yaml").stat().st_mtime, path))


def settings_of(run: Path) -> Row:
    """What a run was made of, in a word each."""
    config = yaml.safe_load((run / "config.yaml").read_text())
    chosen = {k: config[k] for k in SETTINGS if isinstance(config.get(k), dict)}
    parts = {k: component(part) for k, part in chosen.items() if "_target_" in part}
    stages = [component(p) for p in (config.get("preaggregator") or {}).values() if "_target_" in p]
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
    found: dict[str, Any] = {}
    for key, value in config.items():
        if isinstance(value, dict):
            found |= parameters(value, f"{prefix}{key}.")
        elif key != "_target_" and prefix:
            found[f"{prefix}{key}"] = value
    return found


def component(config: dict[str, Any]) -> str:
    """The name under which a component is chosen: its module."""
    return str(config["_target_"].split(".")[-2])


def results_of(summary: Path) -> Row:
    """What came of a run, as it is shown."""
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
    """For a README."""
    lines = [list(rows[0]), ["---"] * len(rows[0]), *(list(row.values()) for row in rows)]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def write_csv(rows: list[Row], path: Path) -> None:
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
