"""Points of a sweep: the folder of each says what became of it, and the next one runs."""

import json
import signal
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from robusttrain.monitor.base import SCHEMA
from robusttrain.usercode.broken import trace_of

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGUSR1, signal.SIGHUP, signal.SIGQUIT)


def run_point(
    config: DictConfig, root: Path, begin: Callable[[DictConfig], tuple[Path, int]]
) -> None:
    """Run one point of a sweep below `root`; SystemExit only if the whole sweep is stopped.

    begin(config) runs it and returns its folder and the exit code of its ranks. A point that it
    refuses (ValueError, SystemExit with a text), or whose server ended before it could write
    summary.json, gets one that says why, beside its config.yaml.
    """
    config.run.root = str(root)
    try:
        folder, code = begin(config)
    except KeyboardInterrupt:
        raise stopped(root, 128 + signal.SIGINT) from None
    except (ValueError, SystemExit) as error:
        refused = str(error).removeprefix("error: ")
        print(trace_of(error), end="", file=sys.stderr)
        print(f"error: {refused}; the sweep goes on", file=sys.stderr, flush=True)
        record(fresh(root, "refused"), config, error=refused, refused=True)
        return
    except Exception as error:
        traceback.print_exc()
        record(fresh(root, "failed"), config, error=f"{type(error).__name__}: {error}")
        return
    if not (folder / "summary.json").exists():
        why = f"the server ended before the first step (exit code {code}); see its output"
        record(folder, config, error=why)
    if code - 128 in SIGNALS:
        raise stopped(root, code)


def stopped(root: Path, code: int) -> SystemExit:
    """What ends the whole sweep; says where the table of its runs comes from."""
    print(
        f"the sweep was stopped by {signal.Signals(code - 128).name}; a table of its runs: "
        f"robusttrain report {root}",
        file=sys.stderr,
        flush=True,
    )
    return SystemExit(code)


def fresh(root: Path, label: str) -> Path:
    """A folder below `root` that nobody has yet."""
    from robusttrain.run.recorder import fresh_folder

    return fresh_folder({"root": root, "label": label})


def record(folder: Path, config: DictConfig, **why: Any) -> None:
    """Write the config.yaml (if there is none) and the summary.json of a run without a step."""
    from robusttrain.run.files import write_text

    schema = {"schema": SCHEMA}
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "config.yaml").exists():
        try:
            plain = OmegaConf.to_container(config, resolve=True)
        except OmegaConfBaseException:
            plain = OmegaConf.to_container(config, resolve=False)
        assert isinstance(plain, dict)
        write_text(folder / "config.yaml", yaml.safe_dump(schema | plain, sort_keys=False))
    summary = schema | {"name": folder.name, "folder": str(folder), "finished": False, **why}
    write_text(folder / "summary.json", json.dumps(summary, indent=2) + "\n")
