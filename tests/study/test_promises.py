"""Promises of a table: means of paired differences."""

from robusttrain.study.cell import MEASURES
from robusttrain.study.figures import Figure
from robusttrain.study.grid import Grid
from robusttrain.study.promises import broken_promises

SECRET = ["defense.secret=0"]
GRID = Grid(
    "t", "t", [0, 1], {"a": []}, {"c": [], "d": []}, ["accuracy", "convicted"], base=SECRET,
    promises=[{"columns": ["d"], "row": "a", "column": "c", "within": 0.1}],
)  # fmt: skip
ZERO = dict.fromkeys(MEASURES, 0.0)


def figures(column, *accuracies, step=9, hardware="x86"):
    return [
        Figure("a", column, seed, step, "w", hardware, ZERO | {"accuracy": value, "convicted": 3})
        for seed, value in enumerate(accuracies)
    ]


def test_a_promise_is_of_the_mean_of_paired_differences():
    base = figures("c", 0.5, 0.9)
    assert broken_promises(GRID, [*base, *figures("d", 0.45, 0.8)]) == []
    assert broken_promises(GRID, [*base, *figures("d", 0.3, 0.8)]) == [
        "a, d, step 9: accuracy is -0.150 ± 0.05 from a, c; promised within 0.1"
    ]
    assert broken_promises(GRID, [*base, *figures("d", float("nan"))]) != []
