"""Training from Python: starts ranks of its own, or is one of torchrun's."""

import json
import os
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from robusttrain.run.start import SCRIPT, be_supervised, check_start, chosen, claim_folder, quoted

__all__ = ["train"]

TRAINED: list[Path] = []
Part = Callable[..., Any] | str | None


def train(
    *overrides: str,
    config: Sequence[str] = (),
    model: Part = None,
    data: Part = None,
    loss: Part = None,
    metric: Part = None,
    attack: Part = None,
    aggregator: Part = None,
    detector: Part = None,
    optimizer: Part = None,
) -> dict[str, Any]:
    """Train as configs/train.yaml with Hydra `overrides` says; returns what summary.json holds.

    Parts of the user's own are classes and functions that stand at the top of a file, which may be
    the running script: ranks import them, so that the script's call of `train` must stand under
    `if __name__ == "__main__":`. A dotted path, as in "mine.Net", does as well.

    config: more overrides, in a list.
    model: makes an `nn.Module`; may have arguments of the names that the data offers: `classes`,
        and `image`, `features` or `shape`; `vocabulary` and `length` for text.
    data: () -> (training set, test set or None), map-style data sets of pairs (input, target).
    loss: (outputs, targets) -> scalar, the mean over samples; or a class of such.
    metric: (outputs, targets) -> number or {name: number}.
    attack, detector: a class that extends `rt.attack.Attack`, `rt.detector.Detector`.
    aggregator: a class that extends `rt.aggregator.Rule`, or a function [n, d] -> [d].
    optimizer: a class as in torch.optim.

    Starts its own ranks on this machine and waits for them, as often as it is called, in a script,
    a notebook or a REPL. In a process that torchrun started it is that rank instead, once: worker
    ranks return an empty dict when the server is done.

    Raises ValueError, before a process is started, if the run is refused; RuntimeError with the
    cause if it breaks off. SIGINT stops the ranks and raises KeyboardInterrupt.
    """
    from robusttrain.config.compose import check_list
    from robusttrain.config.parts import overrides_for

    words = overrides_for(
        {"model": model, "data": data, "loss": loss, "metric": metric, "attack": attack,
         "aggregator": aggregator, "detector": detector, "optimizer": optimizer}
    )  # fmt: skip
    if words:
        words.append(f"run.label={quoted(Path(sys.argv[0]).stem or 'own')}")
    check_list(config)
    words += [*overrides, *config]
    return be_rank(words) if "RANK" in os.environ else start_all(words)


def start_all(words: list[str]) -> dict[str, Any]:
    """Start the ranks of this machine with these overrides, and wait for them."""
    from robusttrain.comm.torchrun import process_as_it_was, start_ranks
    from robusttrain.config.compose import compose
    from robusttrain.config.recipe import recipe

    checked = recipe(compose(*words))
    check_start(checked)
    folder, runtime = claim_folder(checked.config["run"]), checked.runtime
    words.append(f"run.name={quoted(checked.config['run']['name'])}")
    words += chosen(checked)
    with process_as_it_was():
        os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, sys.path))
        code = start_ranks(str(SCRIPT), words, runtime.ranks, runtime.port)
    if code == 128 + signal.SIGINT:
        raise KeyboardInterrupt
    return outcome(folder, code)


def be_rank(overrides: Sequence[str]) -> dict[str, Any]:
    """Be the rank that torchrun says, under a supervisor if torch is not imported yet."""
    if TRAINED:
        raise ValueError(
            f"this rank of torchrun has trained already, into {TRAINED[0]}; start torchrun once "
            "for each run, or call train without torchrun"
        )
    if "torch" not in sys.modules:
        be_supervised()
    from robusttrain.comm.ranks import rank, worker_ranks
    from robusttrain.config.compose import compose
    from robusttrain.config.recipe import recipe
    from robusttrain.run.agree import agree
    from robusttrain.run.rank import run_rank

    checked = agree(lambda: recipe(compose(*overrides), worker_ranks()))
    run = checked.config["run"]
    if rank() != 0:
        TRAINED.append(Path(run["root"]))
        run_rank(checked)
        return {}
    folder = claim_folder(run)
    TRAINED.append(folder)
    return served(folder, lambda: run_rank(checked))


def served(folder: Path, serve: Callable[[], None]) -> dict[str, Any]:
    """The summary of a run in `folder` that this process serves, by serve().

    Raises RuntimeError with the cause if it breaks off, SystemExit if a signal stopped it.
    """
    from robusttrain.run.ending import BrokenOff
    from robusttrain.run.interruption import SIGNAL

    try:
        serve()
    except BrokenOff as end:
        if end.code > SIGNAL:
            raise SystemExit(end.code) from None
        if not (folder / "summary.json").exists():
            raise
    return outcome(folder, 0)


def outcome(folder: Path, code: int) -> dict[str, Any]:
    """The summary of the run in `folder`; RuntimeError with the cause if it did not finish."""
    path = folder / "summary.json"
    if path.exists():
        summary: dict[str, Any] = json.loads(path.read_text())
        if summary["finished"]:
            return summary
        raise RuntimeError(f"the run in {folder} broke off: {summary['error']}")
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()
    raise RuntimeError(f"the server ended before the first step (exit code {code}); see its output")
