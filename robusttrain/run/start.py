"""Starts a run: as a rank of torchrun, with ranks of its own, or as a point of a sweep.

torch is imported late, so that a rank can fork its supervisor before.
"""

import os
import re
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import DictConfig

from robusttrain.comm.supervisor import die_with_parent, leave, supervise, supervise_server
from robusttrain.config.paths import CONFIGS
from robusttrain.run.command import check_arguments, check_points
from robusttrain.run.place import check_place, check_writable
from robusttrain.run.postmortem import bury

if TYPE_CHECKING:
    from robusttrain.config.recipe import Recipe

SCRIPT = CONFIGS.parent / "launch" / "train.py"


def prepare(arguments: Sequence[str]) -> None:
    """What precedes the import of torch: under torchrun the supervisor; what cannot be read."""
    role = [word.partition("=")[2] for word in arguments if word.startswith("cluster.role=")]
    if "RANK" in os.environ or "server" in role:
        be_supervised("worker" in role)
    sys.path.insert(0, os.getcwd())  # where the user's own modules are
    try:
        options = check_arguments(arguments)
        if options.multirun and "RANK" not in os.environ:
            # Hydra makes the sweep's folder before our main is called.
            roots = [word.partition("=")[2] for word in arguments if word.startswith("run.root=")]
            check_writable(Path(roots[-1] if roots else "runs"))
            check_points(options)
    except ValueError as error:
        raise SystemExit(f"error: {error}" if os.environ.get("RANK", "0") == "0" else 1) from error


def be_supervised(apart: bool = False) -> None:
    """Die with torchrun, and go on as a supervised child; the server's parent says so first.

    apart: this is a worker rank that torchrun itself is to start again if it ends.
    """
    if apart:
        die_with_parent()
    elif "RANK" not in os.environ:
        supervise_server(bury)
    elif os.environ["RANK"] == "0":
        die_with_parent(signal.SIGHUP)
        supervise_server(bury)
    else:
        die_with_parent()
        supervise()


def start(config: DictConfig) -> None:
    """Check the configuration that Hydra composed, and run it; SystemExit says what was refused.

    A point of a sweep is not: its folder says what became of it, and the next one runs.
    """
    from robusttrain.comm.ranks import launched
    from robusttrain.run.sweep import run_point
    from robusttrain.usercode.broken import trace_of

    try:
        if config.cluster.role is not None:
            from robusttrain.run.apart import as_part

            run_to_the_end(as_part(config, check_start))
        elif launched():
            be_rank(config)
        elif HydraConfig.initialized() and HydraConfig.get().mode == RunMode.MULTIRUN:
            run_point(config, Path(HydraConfig.get().sweep.dir), start_claimed)
        else:
            leave(start_all(checked(config)))
    except KeyboardInterrupt:
        if os.environ.get("RANK", "0") == "0":
            print("error: stopped by SIGINT before the first step", file=sys.stderr)
        leave(128 + signal.SIGINT)
    except ValueError as error:
        print(trace_of(error), end="", file=sys.stderr)
        raise SystemExit(f"error: {error}") from error


def be_rank(config: DictConfig) -> None:
    """This process is one of the ranks that torchrun started."""
    from robusttrain.comm.ranks import worker_ranks
    from robusttrain.config.recipe import recipe
    from robusttrain.run.agree import agree

    def check() -> "Recipe":
        if HydraConfig.get().mode == RunMode.MULTIRUN:
            raise ValueError("-m under torchrun: start a sweep with python launch/train.py -m ...")
        return recipe(config, worker_ranks())

    run_to_the_end(agree(check))


def run_to_the_end(recipe: "Recipe") -> None:
    """Be the rank that this process is, and leave with its exit code."""
    from robusttrain.run.ending import BrokenOff
    from robusttrain.run.rank import run_rank

    try:
        run_rank(recipe)
    except BrokenOff as end:
        print(end.told(), file=sys.stderr)
        leave(end.code)
    leave()


def start_claimed(config: DictConfig) -> tuple[Path, int]:
    """Check a point of a sweep and run it: its folder, and the exit code of its ranks."""
    recipe = checked(config)
    run = recipe.config["run"]
    folder = claim_folder(run)
    words = [f"run.root={quoted(run['root'])}", f"run.name={quoted(run['name'])}"]
    return folder, start_all(recipe, words)


def checked(config: DictConfig) -> "Recipe":
    """The recipe; ValueError for all that can be refused before a rank starts."""
    from robusttrain.config.recipe import recipe

    made = recipe(config)
    check_start(made)
    return made


def start_all(recipe: "Recipe", more: Sequence[str] = ()) -> int:
    """Run the script as each of the ranks, with Hydra's overrides and `more`: the exit code."""
    from robusttrain.comm.torchrun import process_as_it_was, start_ranks

    settings, runtime = HydraConfig.get(), recipe.runtime
    arguments = [f"--config-name={settings.job.config_name}"]
    for source in settings.runtime.config_sources:
        if source.provider == "command-line":
            arguments.append(f"--config-dir={source.path}")
    arguments.extend([*settings.overrides.task, *more, *chosen(recipe)])
    with process_as_it_was():
        return start_ranks(str(SCRIPT), arguments, runtime.ranks, runtime.port)


def check_start(checked: "Recipe") -> None:
    """Raise ValueError for what only a rank would find out: its folder, its port, a first step."""
    from robusttrain.comm.torchrun import check_port
    from robusttrain.config.fault import check_frames
    from robusttrain.run.journal_place import check_journal
    from robusttrain.run.resume import check_resume
    from robusttrain.run.space import check_space
    from robusttrain.run.trial import trial

    check_place(checked.config["run"], checked.config["resume"])
    check_journal(checked.config)
    check_resume(checked)
    check_space(checked)
    check_port(checked.runtime.port)
    check_frames(checked.threat.faults, checked.runtime.backend)
    trial(checked, checked.runtime.ranks)


def chosen(checked: "Recipe") -> list[str]:
    """Overrides for the ranks: what the trial has chosen where the configuration says `auto`."""
    way = checked.config["objective"].get("vectorize")
    return [] if way is None else [f"objective.vectorize={way}"]


def claim_folder(run: dict[str, Any]) -> Path:
    """The folder of the run; where run.name is null it is made, and run.name becomes its name."""
    from robusttrain.run.recorder import fresh_folder

    if run["name"] is None:
        run["name"] = fresh_folder(run).name
    return Path(run["root"], run["name"])


def quoted(text: str) -> str:
    """A value of a Hydra override that is taken literally.

    >>> print(quoted("it's"))
    'it\\'s'
    """
    return "'" + re.sub(r"(\\*)(')", r"\1\1\\\2", text) + "'"
