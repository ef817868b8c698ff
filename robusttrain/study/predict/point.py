"""Points: measured steps, read from the files that `launch/bench.py step --csv` writes."""

import csv
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from robusttrain.study.predict.load import Load
from robusttrain.study.predict.loads import Loads
from robusttrain.study.price.file import SETTING
from robusttrain.study.price.setting import Setting

PHASES = {
    "compute": ("worker_compute", "worker_recompute"), "commit": ("worker_commit",),
    "compare": ("beside_commit", "server_commit"), "rule": ("server_aggregate",),
}  # fmt: skip
COLUMNS = ("row", "seconds", "server_update", "worker_update",
           *(column for columns in PHASES.values() for column in columns), *SETTING)  # fmt: skip


@dataclass(frozen=True)
class Point:
    """One measured row in one setting.

    name: str. Setting and row.
    row: str. Of the price table.
    load: Load. What a mean step asks for.
    seconds: float. Of a mean step.
    phases: phase -> seconds in a mean step, as `phase_terms` names them.
    device: cpu or cuda.
    """

    name: str
    row: str
    load: Load
    seconds: float
    phases: Mapping[str, float]
    device: str = "cpu"


def read_points(paths: Sequence[Path]) -> list[Point]:
    """The points of all files. Raises ValueError, naming the file, if one is none of these."""
    return [point for path in paths for point in read_file(path)]


def read_file(path: Path) -> list[Point]:
    """The points of a file, one a row of its table."""
    try:
        with path.open(newline="") as file:
            lines = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ValueError(f"--csv {path}: cannot be read: {error}") from error
    if missing := [name for name in COLUMNS if not lines or lines[0].get(name) is None]:
        raise ValueError(
            f"--csv {path}: has no column {missing[0]}; use a file that bench.py step --csv wrote"
        )
    loads: dict[tuple[str, ...], Loads] = {}
    points = []
    for line in lines:
        try:
            key = tuple(line[name] for name in SETTING)
            points.append(point_of(line, loads.setdefault(key, Loads(*setting_of(line)))))
        except (TypeError, ValueError) as error:
            raise ValueError(f"--csv {path}: row {line['row']}: {error}") from error
    return points


def setting_of(line: Mapping[str, str]) -> tuple[Setting, int]:
    """The setting that a line was measured in, on the CPU, and the machine's cores."""
    names = ("workers", "ranks", "threads", "batch", "micro")
    numbers = {name: int(line[name]) for name in names}
    sizes, rows = tuple(line["sizes"].split()), (line["row"],)
    setting = Setting(
        model=line["model"], sizes=sizes, steps=1, repeat=1, rows=rows, device="cpu", **numbers
    )
    return setting, int(line["cores"])


def point_of(line: Mapping[str, str], loads: Loads) -> Point:
    """The point of one line."""
    numbers = {name: float(line[name]) for name in COLUMNS if name not in ("row", *SETTING)}
    if wrong := [name for name, n in numbers.items() if not (math.isfinite(n) and n >= 0)]:
        raise ValueError(f"{wrong[0]}={line[wrong[0]]} must be a finite number of seconds >= 0")
    if not numbers["seconds"]:
        raise ValueError("seconds=0 must be > 0")
    row, load = line["row"], loads.of(line["row"])
    phases = {phase: sum(numbers[name] for name in names) for phase, names in PHASES.items()}
    side = "worker" if load.kind in ("plain", "ddp") else "server"
    phases["update"] = numbers[f"{side}_update"]
    name = f"{short(loads.setting)} {row}"
    return Point(name, row, load, numbers["seconds"], phases, line["device"])


def short(setting: Setting) -> str:
    """A setting in few words.

    >>> sizes = ("data=text", "data.length=64", "model.width=32", "model.layers=2")
    >>> short(Setting("gpt", sizes, 4, 2, 1, 32, 8, 1, 1, ("ddp",)))
    'gpt 64 32 2, K 4, batch 32 by 8:'
    """
    sizes = [word.partition("=")[2] for word in setting.sizes if "." in word]
    model = " ".join([setting.model, *sizes])
    return f"{model}, K {setting.workers}, batch {setting.batch} by {setting.micro}:"
