"""Loads, points and files for the tests of predictions."""

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np

from robusttrain.study.predict.equation import CONSTANTS, phase_terms, step_terms
from robusttrain.study.predict.load import Load
from robusttrain.study.predict.point import COLUMNS, Point
from robusttrain.study.predict.work import Work

SUMS = Load(
    "sums", Work(1000.0, 10.0, 1.0), 100.0, ranks=2, workers=4, vectors=4, parts=5, checks=0.5,
    told=0.5, hashed=1, compared=4, ruled=8, server_threads=2,
)  # fmt: skip
ROWS = replace(
    SUMS, kind="rows", checks=0.0, told=0.0, hashed=3, vectors=6, compared=6, ruled=14,
    server_threads=1,
)  # fmt: skip
TRUE = np.array([1e-10, 5e-10, 2e-5, 3e-9, 1e-3, 1e-9, 1e-4, 4e-10, 2e-10, 8e-10, 3e-3])
LINE = {
    "row": "unprobed", "model": "small_cnn", "sizes": "data=digits", "workers": 4, "ranks": 2,
    "threads": 1, "batch": 32, "micro": 8, "device": "cpu", "cores": 2,
}  # fmt: skip


def random_loads(seed: int, count: int) -> list[Load]:
    """Loads of all kinds."""
    rng = np.random.default_rng(seed)
    loads = []
    for number in range(count):
        ranks, hosted = (int(n) for n in rng.integers(2, 9, 2))
        workers, vector = ranks * hosted, float(10 ** rng.uniform(4, 8))
        plain = Load(
            ("plain", "ddp", "sums", "rows")[number % 4],
            Work(*(10.0 ** rng.uniform((7, 6, 2), (11, 9, 4)))), vector, ranks, workers,
            parts=max(1, round(vector / 2**18)), micro=float(rng.integers(1, 9)),
        )  # fmt: skip
        ours = replace(plain, vectors=workers, compared=workers, ruled=2 * workers, hashed=hosted)
        loads.append(plain if number % 4 < 2 else ours)
    return loads


def point_of(load: Load, constants: np.ndarray, name: str = "made up", noise: float = 1) -> Point:
    """What would be measured where the equation holds."""
    phases = {key: float(t @ constants) for key, t in phase_terms(load, constants).items()}
    seconds = noise * float(step_terms(load, constants) @ constants)
    return Point(name, load.kind, load, seconds, phases)


def write_lines(path: Path, *lines: dict) -> Path:
    """A file with the columns that points are read from; figures are 0 where nothing is said."""
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        for line in lines:
            writer.writerow(dict.fromkeys(COLUMNS, 0.0) | LINE | line)
    return path


def constants(**named: float) -> np.ndarray:
    """Constants, zero where nothing is said."""
    return np.array([named.get(name, 0.0) for name in CONSTANTS])
