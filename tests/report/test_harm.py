"""The tables of harm: what is compared, the order of the rules, and how numbers are shown."""

import csv

import pytest

from robusttrain.analysis.harm import Harm
from robusttrain.report.harm import (
    Setting,
    axes_of,
    brief,
    cosine,
    measure,
    pipelines_of,
    save,
)

FEW = Setting(n=11, f=2, size=20, noises=[1.0], seeds=1)


def test_rules_are_made_with_the_f_of_the_comparison():
    pipelines, refused = pipelines_of(["nnm+krum", "multi_krum:m=3", "bulyan"], 9, 2)
    assert list(pipelines) == ["nnm+krum", "multi_krum:m=3"]
    nnm = pipelines["nnm+krum"]
    assert (nnm.rule.f, nnm.stages[0].f) == (2, 2)
    assert pipelines["multi_krum:m=3"].rule.m == 3
    assert refused == {"bulyan": refused["bulyan"]}
    assert refused["bulyan"].startswith("bulyan needs n >= 4f+3; got n=9, f=2")


def test_what_does_not_fit_is_left_out_with_a_reason():
    table, left_out = measure(FEW, ["mean", "median"], ["zero", "stale"])
    assert set(table) == {
        (1.0, attack, rule)
        for attack in ("none", "zero", "searched")
        for rule in ("mean", "median")
    }
    assert left_out == {"stale": "it sends what was true in earlier steps"}
    with pytest.raises(ValueError, match=r"nothing is left to compare.*about labels"):
        measure(FEW, ["mean"], ["label_flip"])


def test_the_file_has_the_numbers_of_the_table(tmp_path):
    table = {(4.0, "zero", "mean"): Harm(0.5, 0.25, -1.0), (4.0, "none", "mean"): Harm(0, 0, 1)}
    save(table, tmp_path / "harm.csv")
    with (tmp_path / "harm.csv").open() as file:
        rows = list(csv.reader(file))
    assert rows == [
        ["noise", "attack", "rule", "distance", "relative", "cosine"],
        ["4.0", "zero", "mean", "0.5", "0.25", "-1.0"],
        ["4.0", "none", "mean", "0", "0", "1"],
    ]


def test_rules_are_ordered_by_the_search_at_the_last_noise():
    order = {("a", 1.0): 1, ("b", 1.0): 2, ("a", 4.0): 9, ("b", 4.0): 3}
    table = {
        (noise, attack, rule): Harm(0, value if attack == "searched" else -value, 0)
        for (rule, noise), value in order.items()
        for attack in ("none", "searched")
    }
    assert axes_of(table) == ([1.0, 4.0], ["none", "searched"], ["b", "a"])


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0, "0"), (0.004, "0"), (0.05, ".05"), (0.996, "1.0"), (1.24, "1.2"), (9.96, "10"),
     (31.6, "32"), (999.7, "1e3"), (1.3e39, "1e39"), (float("inf"), "inf")],
)  # fmt: skip
def test_numbers_are_brief(value, shown):
    assert brief(value) == shown


def test_no_cosine_is_minus_zero():
    assert cosine(Harm(0, 0, -0.001)) == "0.00"
    assert cosine(Harm(0, 0, -0.996)) == "-1.00"
