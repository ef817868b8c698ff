"""The command line of launch/train.py: what Hydra would refuse in many lines is refused in one."""

import argparse
import io
import os
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stderr
from pathlib import Path
from typing import Any

from hydra._internal import utils
from hydra._internal.core_plugins.basic_sweeper import BasicSweeper
from hydra.core.override_parser.types import ValueType
from hydra.errors import HydraException
from omegaconf.errors import OmegaConfBaseException

from robusttrain.config.overrides import check_overrides, check_single

CHECKING = 30.0  # seconds that the points of a sweep are checked for before the first one runs


def check_arguments(arguments: Sequence[str]) -> argparse.Namespace:
    """The options and overrides of a command line; ValueError if they cannot be read."""
    said = io.StringIO()
    try:
        with redirect_stderr(said):
            options = utils.get_args_parser().parse_args(arguments)
    except SystemExit as end:
        if not end.code:
            raise
        why = said.getvalue().strip().rpartition("error: ")[2]
        raise ValueError(f"{why}; --help says what there is") from end
    folder = options.config_dir
    if folder and not Path(folder).is_dir():
        raise ValueError(f"--config-dir {folder} is no folder; name one that holds YAML files")
    overrides = check_overrides(options.overrides, [Path(folder)] if folder else [])
    if not options.multirun:
        check_single(overrides, "add -m to run each")
    return options


def check_points(options: argparse.Namespace) -> None:
    """Say which points of a sweep will be refused, before any runs; ValueError if all will be.

    Points are checked for `CHECKING` seconds; those left are checked when their turn comes, as all
    are if another sweeper than Hydra's own was chosen, or glob(...) names them.
    """
    overrides = check_overrides(options.overrides)
    listed = all(o.value_type is not ValueType.GLOB_CHOICE_SWEEP for o in overrides)
    if any(o.key_or_group == "hydra/sweeper" for o in overrides) or not listed:
        return
    from robusttrain.config.compose import recipe
    from robusttrain.config.rates import check_rates

    folder = options.config_dir
    extra = [f"hydra.searchpath=[{Path(folder).resolve()}]"] if folder else []
    points = BasicSweeper.split_arguments(overrides, None)[0]
    swept = {override.get_key_element() for override in overrides if override.is_sweep_override()}
    refused: dict[str, str] = {}
    until = time.monotonic() + CHECKING
    for words in points:
        if time.monotonic() > until:
            break
        try:
            check_rates(recipe(*words, *extra).config)
        except ValueError as error:
            here = " ".join(word for word in words if word.partition("=")[0] in swept)
            refused[here] = str(error)
    if len(refused) == len(points):
        first = next(iter(refused.values()))
        more = f"; all {len(points)} points of the sweep are refused" if points[1:] else ""
        raise ValueError(first + more)
    for here, reason in refused.items():
        print(f"point {here} will be refused: {reason}", file=sys.stderr)


@contextmanager
def refusals_in_one_line(arguments: Sequence[str]) -> Iterator[None]:
    """While Hydra's main is called: what it cannot compose ends the process with one line."""
    report = utils.run_and_report
    words = [w for w in arguments if w.startswith("~") or ("=" in w and not w.startswith("-"))]
    utils.run_and_report = lambda func: report(lambda: in_one_line(func, words))
    try:
        yield
    finally:
        utils.run_and_report = report


def in_one_line(job: Callable[[], Any], words: Sequence[str]) -> Any:
    """What `job` returns; SystemExit with one line if Hydra cannot compose `words`.

    What the run itself raises is passed on.
    """
    try:
        return job()
    except Exception as error:
        frames = traceback.extract_tb(error.__traceback__)
        if any(frame.name == "run_job" for frame in frames):
            raise
        refuse(why(error, words), error)


def why(error: Exception, words: Sequence[str]) -> str:
    """In one line, what Hydra raised."""
    from robusttrain.config.compose import unresolved
    from robusttrain.config.refusals import refusal

    if isinstance(error, HydraException | OmegaConfBaseException):
        single = [str(o.input_line) for o in check_overrides(words) if not o.is_sweep_override()]
        return refusal(error, single, lambda others: unresolved("train", others), "train")
    text = " ".join(str(error).split())
    return f"{' '.join(words)} cannot be composed: {type(error).__name__}: {text}"


def refuse(line: str, cause: BaseException) -> None:
    """End the process; one rank says why."""
    quiet = os.environ.get("RANK", "0") != "0"
    raise SystemExit(1 if quiet else f"error: {line}") from cause
