"""Outcome: what is counted of a run, by hand."""

import numpy as np
import pytest

from robusttrain.study.outcome import HEAD, Cell, Run, chosen, seeded
from robusttrain.study.siege import setting


def test_figures_of_two_runs():
    one = Run(frozenset({1, 2}), used=4, seen=3, convicted={1: "sent a wrong sum", 2: "claimed"},
              calls=2, most=2, steps=5)  # fmt: skip
    two = Run(frozenset({0, 1}), used=8, seen=1, passed=1, convicted={0: "sent a wrong sum", 5: ""},
              calls=1, most=1, steps=7)  # fmt: skip
    assert (one.innocent, two.innocent) == (0, 1)
    found = Cell("a, b", [one, two])
    assert found.used.tolist() == [4, 8]
    assert found.interval == pytest.approx(1.96 * np.sqrt(8) / np.sqrt(2))
    row = dict(zip(HEAD[1:], found.row(), strict=True))
    assert row["steps"] == "12"
    assert row["for a conviction"] == "4.00"
    assert row["left"] == "0.50"
    assert row["referee a run, most a step"] == "1.50, 2"
    assert row["seen, passed"] == "4, 1"
    assert row["honest convicted"] == "1"


def test_liars_and_draws_follow_from_the_seed(tmp_path):
    made = setting(7, 0.3, 1, 4)
    assert chosen(made, 1) == chosen(made, 1) != chosen(made, 2)
    assert len(chosen(made, 1)) == 3
    config = seeded(made, 5, tmp_path / "journal").config
    assert (config["defense"]["secret"], config["probe"]["journal"]) == (5, f"{tmp_path}/journal")
    assert made.config["defense"]["secret"] != 5
