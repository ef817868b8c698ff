"""Helpers that tests import: a small table, and figures for its cells."""

from robusttrain.study.cell import MEASURES
from robusttrain.study.figures import Figure
from robusttrain.study.grid import Grid

GRID = Grid(
    "t", "t", [0, 1], {"a": []}, {"c": [], "d": []}, ["accuracy", "convicted"],
    base=["defense.secret=0"],
)  # fmt: skip
ZERO = dict.fromkeys(MEASURES, 0.0)


def figures(column: str, *accuracies: float, step: int = 9, hardware: str = "x86") -> list[Figure]:
    """One figure for each seed: row a, this column, three convicted."""
    return [
        Figure("a", column, seed, step, "w", hardware, ZERO | {"accuracy": value, "convicted": 3})
        for seed, value in enumerate(accuracies)
    ]
