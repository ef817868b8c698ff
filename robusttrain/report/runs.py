"""Reads the folders that runs leave: settings, measures and results of each."""

import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path
from typing import Any

import yaml

from robusttrain.monitor.base import SCHEMA
from robusttrain.names import name_of_target

Row = dict[str, str]
MALFORMED = (ValueError, KeyError, IndexError, TypeError, AttributeError)  # not as we write it
MEASURE = "test_"
NO_SETTINGS = ("run", "wandb", "runtime", "schema")

SETTINGS = (
    "label", "workers", "true liars", "assumed liars", "knowledge", "evict", "permute", "seed",
    "data", "model", "assignment", "detector", "vote", "preaggregator", "aggregator", "placement",
    "target", "attack",
)  # fmt: skip


@dataclass(frozen=True)
class Run:
    """A run, or a point of a sweep that was refused before it began.

    name: its folder, from the folder that is reported.
    started: when its config.yaml was written, in seconds.
    settings: each as one word: names of components, numbers, parameters by dotted keys.
    outcome: "finished", "broken off" or "refused".
    error: why it did not finish; "" if it did.
    measures: what was last measured on the test set; None where that was nothing, or not finite.
    results: the other results, as they are shown.
    """

    name: str
    started: float
    settings: Row
    outcome: str
    error: str
    measures: dict[str, float | None]
    results: Row


def tell(note: str) -> None:
    """Print it beside the table, not into it."""
    print(note, file=sys.stderr)


def read_runs(folder: Path, note: Callable[[str], None] = tell) -> list[Run]:
    """Each run below `folder`, in the order in which they were started.

    A run whose files cannot be read is left out; `note` is told which, and why.
    """
    runs = []
    for summary in sorted(folder.rglob("summary.json")):
        place = summary.parent
        path = config = place / "config.yaml"
        try:
            started, settings = config.stat().st_mtime, settings_of(config)
            path = summary
            name = place.name if place == folder else str(place.relative_to(folder))
            runs.append(run_of(name or str(folder), started, settings, summary))
        except (OSError, yaml.YAMLError, *MALFORMED) as error:
            reason = " ".join(f"{type(error).__name__}: {error}".split())
            note(f"{place} is left out: {path} cannot be read ({reason})")
    return sorted(runs, key=attrgetter("started", "name"))


def settings_of(path: Path) -> Row:
    """The settings of a run, each as one word: names of components, numbers, parameters."""
    config = yaml.safe_load(path.read_text())
    check_schema(config)
    stages = [component(part["_target_"]) for part in (config.get("preaggregator") or {}).values()]
    plain = {
        "label": config["run"]["label"],
        "true liars": config["threat"]["byzantine"],
        "assumed liars": config["defense"]["byzantine"],
        "knowledge": config["threat"]["knowledge"],
        "evict": config["defense"]["evict"],
        "preaggregator": " ".join(stages) or "none",
    }
    rest = {k: v for k, v in config.items() if k not in NO_SETTINGS}
    return {k: str(v) for k, v in (parameters(rest) | plain).items()}


def check_schema(content: dict[str, Any]) -> None:
    """Raise ValueError if a file was written by a later version; one without `schema` is older."""
    schema = content.get("schema", SCHEMA)
    if schema > SCHEMA:
        raise ValueError(
            f"its schema is {schema}, this version reads {SCHEMA}; upgrade robusttrain"
        )


def component(target: str) -> str:
    """What a component is chosen by: the name of ours, the path of any other."""
    return name_of_target(target) if target.startswith("robusttrain.") else target


def parameters(config: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """All values of a nested configuration by their dotted keys; components by their own key."""
    values: dict[str, Any] = {}
    for key, value in config.items():
        if isinstance(value, dict):
            values |= parameters(value, f"{prefix}{key}.")
        elif key == "_target_":
            values[prefix.removesuffix(".")] = component(value)
        else:
            values[f"{prefix}{key}"] = value
    return values


def run_of(name: str, started: float, settings: Row, path: Path) -> Run:
    """The run whose summary.json lies at `path`."""
    summary = json.loads(path.read_text())
    check_schema(summary)
    begun = "steps" in summary or summary["finished"]
    measures = {
        key.removeprefix(MEASURE): None if value is None else value + 0.0
        for key, value in summary.items()
        if key.startswith(MEASURE)
    }
    outcome = "refused" if summary.get("refused") else "broken off"
    return Run(
        name,
        started,
        settings,
        "finished" if summary["finished"] else outcome,
        "" if summary["finished"] else " ".join(str(summary["error"]).split()),
        measures,
        results_of(summary, settings["steps"]) if begun else {},
    )


def results_of(summary: dict[str, Any], planned: str) -> Row:
    """The results in a summary, as they are shown; `planned` is the steps the run should take."""
    s, done = summary, str(summary["steps"])
    wrong = f", {len(s['false_convictions'])} wrongly" if s["false_convictions"] else ""
    missed = s["missed"]  # null where the server was killed
    right = len(s["convicted"]) - len(s["false_convictions"])
    liars = "?" if missed is None else right + len(missed)
    return {
        "steps": done if done == planned else f"{done} of {planned}",
        "forged": number(s["distorted_fraction_mean"], "{:.4f}"),
        "convicted": f"{len(s['convicted'])} ({liars} lied{wrong})",
        "honest convicted a step": number(s["honest_convicted_per_step"], "{:.2f}"),
        "steps to detect": number(s["steps_to_detect_median"], "{:g}"),
        "recomputed": str(s["audits"]),
        "MB a step": number(s["bytes_to_server_per_step"], "{:.1f}", 1e-6),
        "s a step": number(s["seconds_per_step"], "{:.2f}"),
    }


def measures_of(runs: Sequence[Run]) -> list[str]:
    """What was measured in any of the runs."""
    some = (key for run in runs for key, value in run.measures.items() if value is not None)
    return list(dict.fromkeys(some))


def number(value: float | None, form: str, scale: float = 1.0) -> str:
    """value * scale in the format `form`; "-" for None."""
    return "-" if value is None else form.format(value * scale)


def telling(settings: Sequence[Row]) -> list[str]:
    """Keys of the settings that tell runs apart.

    A key is left out if it is the same in all runs that the keys before it do not tell apart.
    Parameters of the components come after the components themselves.
    """
    keys = dict.fromkeys(SETTINGS) | dict.fromkeys(sorted({k for s in settings for k in s}))
    shown: list[str] = []
    for key in keys:
        groups: dict[tuple[str, ...], set[str]] = {}
        for row in settings:
            before = tuple(row.get(k, "-") for k in shown)
            groups.setdefault(before, set()).add(row.get(key, "-"))
        if any(len(values) > 1 for values in groups.values()):
            shown.append(key)
    return shown
