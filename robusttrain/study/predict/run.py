"""Measures the points of the plan, or reads stored ones; which are fitted, which held out."""

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from robusttrain.study.predict.judge import split
from robusttrain.study.predict.plan import PLAN, SHARE
from robusttrain.study.predict.point import Point, read_points

Parts = tuple[list[Point], list[Point]]


def stored(fitted: Sequence[Path], judged: Sequence[Path]) -> Parts:
    """Points of files, to fit and to judge by; without the latter every third of the former."""
    if not fitted:
        raise ValueError("--judge names files to judge by; name those to fit too, after --csv")
    points = read_points(fitted)
    return (points, read_points(judged)) if judged else split(points)


def measured(
    measure: Callable[[Sequence[str], Path], None], quick: bool, keep: Path | None = None
) -> Parts:
    """The points of the plan.

    measure: command line of `launch/bench.py step`, file -> writes the file.
    keep: folder for the files; None: they are thrown away.
    """
    if keep is not None and not keep.is_dir():
        raise ValueError(f"--keep {keep} is no folder; create it")
    chosen = [setting for setting in PLAN if setting.quick or not quick]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) if keep is None else keep
        fitted, held = list[Point](), list[Point]()
        for setting in chosen:
            path = folder / f"{setting.name}.csv"
            measure(setting.words(quick), path)
            for point in read_points([path]):
                (held if setting.held or point.row == SHARE else fitted).append(point)
    return fitted, held
