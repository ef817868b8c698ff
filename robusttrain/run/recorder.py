"""The folder of a run, and the recorder that turns the server's reports into its files."""

import json
import math
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml

from robusttrain.analysis.score import Scorer
from robusttrain.monitor.base import Monitor
from robusttrain.run import files
from robusttrain.topology.parameter_server import Step


def check_folder(run: dict[str, Any]) -> None:
    """Raise ValueError if the named folder already holds a run; nothing is ever overwritten."""
    if run["name"] is None:
        return
    folder = Path(run["root"], run["name"])
    summary = folder / "summary.json"
    if summary.exists() or (folder / "metrics.jsonl").exists():
        try:
            finished = summary.exists() and json.loads(summary.read_text())["finished"]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ValueError(
                f"run.name={run['name']}: {summary} cannot be read; move the folder away, or "
                "choose another run.name"
            ) from error
        raise ValueError(
            f"run.name={run['name']}: {folder} already holds "
            f"{'a finished' if finished else 'an unfinished'} run; choose another run.name, or "
            "move the folder away"
        )


def make_folder(run: dict[str, Any], config: dict[str, Any]) -> Path:
    """Make the run's folder and write config.yaml; without run.name, a name nobody has yet."""
    check_folder(run)
    if run["name"] is None:
        folder = fresh_folder(run)
    else:
        folder = Path(run["root"], run["name"])
        folder.mkdir(parents=True, exist_ok=True)
    files.write_text(folder / "config.yaml", yaml.safe_dump(config, sort_keys=False))
    return folder


def fresh_folder(run: dict[str, Any]) -> Path:
    """Make a folder below run.root that nobody has yet: label, date and time, and a number."""
    root, stem = Path(run["root"]), f"{run['label']}-{datetime.now():%Y%m%d-%H%M%S}"
    root.mkdir(parents=True, exist_ok=True)
    number = 1
    while True:
        folder = root / (stem if number == 1 else f"{stem}-{number}")
        try:
            folder.mkdir()
        except FileExistsError:
            number += 1
        else:
            return folder


class Recorder:
    """Turns the server's reports into metrics, evaluations and the closing summary."""

    def __init__(
        self,
        folder: Path,
        scorer: Scorer,
        monitor: Monitor,
        evaluate: Callable[[], dict[str, float]],
        every: int,
        steps: int,
        secret: int,
    ) -> None:
        self.folder, self.scorer, self.monitor = folder, scorer, monitor
        self.evaluate, self.every, self.steps = evaluate, every, steps
        self.secret = secret
        self.latest: dict[str, float | None] = {}

    def __call__(self, done: Step) -> None:
        self.monitor.step(self.scorer.step(done))
        count = done.plan.step + 1
        due = count % self.every == 0 or count == self.steps
        if due and (measured := self.evaluate()):
            self.latest = {k: v if math.isfinite(v) else None for k, v in measured.items()}
            self.monitor.evaluation({"step": count, **self.latest})

    def end(self, error: BaseException | None, seconds: float) -> None:
        """Write summary.json; `error` is why the run broke off, if it did."""
        summary = {
            "name": self.folder.name,
            "folder": str(self.folder),
            "finished": error is None,
            "test_accuracy": None,
            **self.latest,
            **self.scorer.summary(),
            "seconds_training": seconds,
            "defense_secret": str(self.secret),  # told now that nothing is drawn any more
        }
        if error is not None:
            summary["error"] = f"{type(error).__name__}: {error}"
        files.write_text(self.folder / "summary.json", json.dumps(summary, indent=2) + "\n")
        self.monitor.end(summary)
