"""The folder of a run, and the recorder that turns the server's reports into its files."""

import json
import math
import os
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml

from robusttrain.analysis.score import Scorer
from robusttrain.monitor.base import SCHEMA, Monitor
from robusttrain.run import files
from robusttrain.run.divergence import Watch
from robusttrain.topology.parameter_server import Step


def check_folder(run: dict[str, Any], resume: str | None = None) -> None:
    """Raise ValueError if the named folder holds anything; nothing is ever overwritten.

    resume: str or None. `auto`: the folder may hold a run that goes on.
    """
    if run["name"] is None:
        return
    folder = Path(run["root"], run["name"])
    if folder.is_dir() and not any(folder.iterdir()):
        return
    if resume == "auto" and (folder / "config.yaml").is_file():
        return
    if os.path.lexists(folder):
        raise ValueError(
            f"run.name={run['name']}: {folder} already holds {contents(folder)}; choose another "
            "run.name, or move the folder away"
        )


def contents(folder: Path) -> str:
    """What a folder that is not empty holds, in a few words."""
    if not folder.is_dir():
        return "a file"
    summary = folder / "summary.json"
    if summary.exists() or (folder / "metrics.jsonl").exists():
        return "a finished run" if files.finished(folder) else "an unfinished run"
    return f"{min(path.name for path in folder.iterdir())}"


def make_folder(run: dict[str, Any], config: dict[str, Any]) -> Path:
    """Make the run's folder and write config.yaml; without run.name, a name nobody has yet.

    Raises ValueError if the folder holds anything, also if another run has just taken it; not if
    its run is to go on (resume=auto).
    """
    check_folder(run, config.get("resume"))
    if run["name"] is None:
        folder = fresh_folder(run)
    else:
        folder = Path(run["root"], run["name"])
        folder.mkdir(parents=True, exist_ok=True)
    text = yaml.safe_dump({"schema": SCHEMA, **config}, sort_keys=False)
    if config.get("resume") == "auto" and (folder / "config.yaml").exists():
        files.write_text(folder / "config.yaml", text)
        return folder
    try:
        with (folder / "config.yaml").open("x") as file:  # of two runs, one makes it
            file.write(text)
    except FileExistsError:
        check_folder(run)
        raise
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
    """Turns the server's reports into metrics, evaluations and the closing summary.

    folder: of the run.
    scorer, watch: what adds the steps up.
    monitor: hears of all of it.
    evaluate: () -> measures on the test set.
    every, steps: int. Steps between evaluations, and of the whole run.
    saved: int or None. How many updates made the parameters in model.pt; None: there is none.
    checkpoint: str or None. The newest one; None: there is none.
    resume: str or None. How a run that broke off goes on from it; None: it does not.
    """

    def __init__(
        self,
        folder: Path,
        scorer: Scorer,
        watch: Watch,
        monitor: Monitor,
        evaluate: Callable[[], dict[str, float]],
        every: int,
        steps: int,
        secret: int,
    ) -> None:
        self.folder, self.scorer, self.watch, self.monitor = folder, scorer, watch, monitor
        self.evaluate, self.every, self.steps = evaluate, every, steps
        self.secret = secret
        self.latest: dict[str, float | None] = {}
        self.saved: int | None = None
        self.checkpoint: str | None = None
        self.resume: str | None = None

    def __call__(self, done: Step) -> None:
        """Record a step; raises Diverged if that was one divergent step too many."""
        self.monitor.step({**self.scorer.step(done), **self.watch.step(done)})
        count = done.plan.step + 1
        due = count % self.every == 0 or count == self.steps
        if due and (measured := self.evaluate()):
            self.latest = {k: v if math.isfinite(v) else None for k, v in measured.items()}
            self.monitor.evaluation({"step": count, **self.latest})
        self.watch.check()

    def state_dict(self) -> dict[str, Any]:
        """The sums so far, and what was measured last."""
        return {"latest": dict(self.latest), "scorer": self.scorer.state_dict(),
                "watch": self.watch.state_dict()}  # fmt: skip

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from a `state_dict`."""
        self.latest = dict(state["latest"])
        self.scorer.load_state_dict(state["scorer"])
        self.watch.load_state_dict(state["watch"])

    def end(self, error: str, seconds: float) -> None:
        """Write summary.json.

        error: why the run broke off, else empty.
        seconds: since the start of the first step.
        """
        summary = {
            "schema": SCHEMA,
            "name": self.folder.name,
            "folder": str(self.folder),
            "finished": not error,
            **({"error": error, "resume": self.resume} if error else {}),
            "model_updates": self.saved,
            "checkpoint": self.checkpoint,
            "test_accuracy": None,
            **self.latest,
            **self.scorer.summary(),
            "steps_divergent": self.watch.divergent,
            "seconds_training": seconds,
            "defense_secret": str(self.secret),  # told now that nothing is drawn any more
        }
        files.write_text(self.folder / "summary.json", json.dumps(summary, indent=2) + "\n")
        self.monitor.end(summary)
