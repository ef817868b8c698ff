"""Which values from YAML fit a type hint, and what its rule is called."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal

import pytest
import torch

from robusttrain.config.hints import fits, hint_of, rule

COMPONENT = {"_target_": "mine.Rule"}


@pytest.mark.parametrize(
    ("hint", "good", "bad"),
    [
        (int, [0, -3], [True, 1.0, "1", None, [1]]),
        (float, [0, 0.5, float("inf")], [True, "1", float("nan"), None]),
        (bool, [True, False], [0, 1, "true", None]),
        (str, ["", "a"], [1, None, ["a"]]),
        (int | None, [1, None], [1.5, False]),
        (float | torch.Tensor, [1, 2.5], ["x", None, True]),
        (tuple[int, int], [[8, 16], (8, 16)], [[], [8], [8, 1.5], [8, 16, 32], 8, "ab"]),
        (tuple[float, ...], [[], [1, 2.5]], [["x"], 3]),
        (Sequence[int] | None, [None, [], [1]], ["x", [1.5], 3]),
        (Sequence[Sequence[int]], [[[1], []]], [[1], [["x"]]]),
        (list, [[], [1, "a"]], ["a", 3]),
        (Literal["a", 1], ["a", 1], ["b", True]),
        (Callable[[int], int], [abs, COMPONENT], ["abs", 3]),
        (torch.nn.Module, [COMPONENT], ["x", 3, None]),
        (Path, ["data"], [3]),
        (Any, [None, 3, "x"], []),
    ],
)
def test_what_fits(hint, good, bad):
    assert all(fits(hint, value) for value in good)
    assert not any(fits(hint, value) for value in bad)


@pytest.mark.parametrize(
    ("hint", "words"),
    [
        (int | None, "a whole number or null"),
        (float | torch.Tensor, "a number"),
        (tuple[float | torch.Tensor, float | torch.Tensor], "a list of 2 numbers"),
        (Sequence[Sequence[int]] | None, "a list of lists of whole numbers or null"),
        (list, "a list"),
        (Sequence[torch.nn.Module], "a list of components"),
        (Literal["a", "b"], "one of a, b"),
        (torch.nn.Module, "a component, with a _target_"),
    ],
)
def test_a_rule_has_a_name(hint, words):
    assert rule(hint) == words


def test_without_a_hint_the_default_says_it():
    assert fits(hint_of(0), 0.5)
    assert not fits(hint_of(0), "x")
    assert not fits(hint_of(True), 1)
    assert fits(hint_of("${steps}"), 7)
