"""Promises of a table: means of paired differences."""

from dataclasses import replace

from tables import GRID, figures

from robusttrain.study.promises import broken_promises

PROMISED = replace(
    GRID, promises=[{"columns": ["d"], "row": "a", "column": "c", "within": 0.1}]
)  # fmt: skip


def test_a_promise_is_of_the_mean_of_paired_differences():
    base = figures("c", 0.5, 0.9)
    assert broken_promises(PROMISED, [*base, *figures("d", 0.45, 0.8)]) == []
    assert broken_promises(PROMISED, [*base, *figures("d", 0.3, 0.8)]) == [
        "a, d, step 9: accuracy is -0.150 ± 0.05 from a, c; promised within 0.1"
    ]
    assert broken_promises(PROMISED, [*base, *figures("d", float("nan"))]) != []
