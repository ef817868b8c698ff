"""Resume: goes on where a run broke off, in its folder, or from its checkpoint in another."""

import fcntl
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from robusttrain.config.recipe import Recipe
from robusttrain.protocol.exchange import Exchange
from robusttrain.protocol.probing import Probing
from robusttrain.run.checkpoint import newest, read
from robusttrain.run.files import finished
from robusttrain.run.journal_place import leaves, within
from robusttrain.run.vectorize import told
from robusttrain.values import shown

METRICS, JOURNAL = "metrics.jsonl", "probes.journal"
FREE = (
    "run", "wandb", "checkpoint", "resume", "steps", "evaluate_every", "divergence", "threat",
    "attack", "placement", "target", "fault", "chaos", "data.root", "data.processes",
    "probe.journal", "runtime.ranks", "runtime.port", "runtime.deadline", "runtime.start",
    "runtime.patience", "runtime.backend", "cluster",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Resumption:
    """Where a run goes on.

    path: Path. The checkpoint.
    step: int. How many steps are done.
    state: what was remembered then.
    """

    path: Path
    step: int
    state: Mapping[str, Any]

    @property
    def run(self) -> Path:
        """The folder of the run that wrote it."""
        return self.path.parent.parent

    def is_of(self, folder: Path) -> bool:
        """Whether the run in a folder wrote it."""
        return self.run.samefile(folder)


def resumption(config: Mapping[str, Any]) -> Resumption | None:
    """What `resume` goes on from; None: the run begins with its first step.

    Raises ValueError if there is nothing whole to go on from, it is of another configuration, or
    all its steps are done.
    """
    resume, run = config["resume"], config["run"]
    if resume is None:
        return None
    if resume == "auto":
        if run["name"] is None:
            raise ValueError(
                "resume=auto goes on in the folder of run.name, and run.name=null; set run.name"
            )
        folder = Path(run["root"], run["name"])
        if finished(folder):
            raise ValueError(f"resume=auto: the run in {folder} is finished; choose a new run.name")
        if (folder / METRICS).exists():
            Lock(folder).free()
        held = newest(folder)
        if held is None:
            return None
    else:
        held = checkpoint_at(Path(resume))
    made = Resumption(*held)
    check_same(made, config)
    if made.step >= config["steps"]:
        raise ValueError(
            f"resume={resume}: {made.path} is after step {made.step - 1}, the last of "
            f"steps={config['steps']}; set more steps"
        )
    return made


def checkpoint_at(path: Path) -> tuple[Path, int, dict[str, Any]]:
    """The checkpoint of that name, or the newest of a run's folder. ValueError: there is none."""
    if path.is_file():
        try:
            return path.absolute(), *read(path)
        except ValueError as error:
            raise ValueError(f"resume={path}: {error}; name another, or a run's folder") from error
    held = newest(path.absolute())
    if held is None:
        raise ValueError(
            f"resume={path} holds no checkpoint; name a run's folder, a checkpoint in it, or auto"
        )
    return held


def check_same(made: Resumption, config: Mapping[str, Any]) -> None:
    """Raise ValueError unless a checkpoint's run is of this configuration, where that matters."""
    then, now = then_and_now(made.run, config)
    for key in sorted(then.keys() | now.keys()):
        if then.get(key) != now.get(key):
            raise ValueError(
                f"resume={config['resume']}: the run in {made.run} has "
                f"{key}={shown(then.get(key))}, and this one {key}={shown(now.get(key))}; set it "
                "to what it was, or start a new run"
            )


def then_and_now(folder: Path, config: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The keys and values that must be the same: of the run in a folder, and of this one."""
    kept = yaml.safe_load((folder / "config.yaml").read_text())
    then, now = (
        {key: value for key, value in leaves(c) if not within(key, FREE)} for c in (kept, config)
    )
    then.pop("schema", None)
    if now.get("objective.vectorize") == "auto":
        now["objective.vectorize"] = then.get("objective.vectorize")
    return then, now


def check_resume(checked: Recipe) -> None:
    """Raise ValueError as `resumption` does; choices that the run has measured are taken over."""
    made = resumption(checked.config)
    if made is not None and checked.objective.vectorize == "auto":
        told(checked, then_and_now(made.run, checked.config)[0]["objective.vectorize"])


class Lock:
    """Held by the server of the run in a folder, on its metrics, as long as its process lives.

    Raises ValueError if another process holds it.
    """

    def __init__(self, folder: Path) -> None:
        self._file = (folder / METRICS).open("a")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self._file.close()
            raise ValueError(
                f"{folder}: a run is still going on there; wait for its end, or choose another "
                "run.name"
            ) from error

    def free(self) -> None:
        """Let go of it."""
        self._file.close()


def begin_metrics(folder: Path, made: Resumption | None) -> None:
    """Have in the metrics what was there at the checkpoint, also if that is of another folder.

    The summary of a run that broke off is deleted: it goes on.
    """
    (folder / "summary.json").unlink(missing_ok=True)
    if made is None:
        os.truncate(folder / METRICS, 0)
    elif not made.is_of(folder):
        length = made.state["metrics"]["bytes"]
        with (made.run / METRICS).open("rb") as then, (folder / METRICS).open("ab") as now:
            now.write(then.read(length))


def keep_journal(exchange: Exchange, folder: Path, made: Resumption | None) -> None:
    """Have a probing server keep its journal in the folder, if nothing else is said.

    A run that goes on elsewhere takes along what is known of the workers.
    """
    if isinstance(exchange, Probing) and exchange.keep is None:
        exchange.keep = folder / JOURNAL
        if made is not None and not made.is_of(folder) and (made.run / JOURNAL).exists():
            shutil.copyfile(made.run / JOURNAL, exchange.keep)
