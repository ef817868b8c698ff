"""Strategies: each is what its name says."""

import numpy as np
import pytest
import torch

from robusttrain.study.infiltrator import Question, Scene
from robusttrain.study.strategies import CLAIMS, SUMS

TRUE = {0: torch.tensor([1.0, 2.0]), 1: torch.tensor([3.0, 5.0])}
BEFORE = {1: torch.tensor([7.0, 7.0])}


def sent(name, step=0, checkers=None):
    scene = Scene(step, 40, 1, TRUE, BEFORE, checkers or {}, frozenset({1}),
                  np.random.default_rng(0))  # fmt: skip
    return SUMS[name](scene).tolist()


@pytest.mark.parametrize(
    ("name", "vector"),
    [("own", [3, 5]), ("forged", [-300, -500]), ("stale", [7, 7]), ("anothers", [1, 2]),
     ("half", [2, 3.5]), ("zero", [0, 0]), ("inf", [np.inf, np.inf]), ("cut", [3]), ("silent", [])],
)  # fmt: skip
def test_what_is_sent(name, vector):
    assert sent(name) == vector


def test_one_bit_is_flipped():
    assert sent("bit") != [3, 5]
    assert sent("bit") == pytest.approx([3, 5], rel=1e-6)


@pytest.mark.parametrize(("name", "step"), [("late", 20), ("last", 30)])
def test_some_wait(name, step):
    assert sent(name, step - 1) == [3, 5]
    assert sent(name, step) == [-300, -500]


def test_some_guess_by_who_checked_them_last():
    assert sent("guessed") == sent("guessed", checkers={1: {0}}) == [3, 5]
    assert sent("guessed", checkers={1: {1}}) == [-300, -500]


def said(name, source):
    return CLAIMS[name](
        Question(1, source, b"true" * 2, b"sent" * 2, b"zero" * 2, b"othr" * 2, b"last" * 2,
                 frozenset({1, 2}), np.random.default_rng(0))
    )  # fmt: skip


def test_what_is_claimed():
    assert said("honestly", 0) == said("honestly", 2) == b"truetrue"
    assert (said("collude", 0), said("collude", 2)) == (b"truetrue", b"sentsent")
    assert said("frame", 2) == said("frame_one", 2) == b"sentsent"
    assert said("frame", 3) not in (b"truetrue", said("frame_one", 3))
    assert said("frame_one", 0) != said("frame_one", 3) == b"truetrue"
    assert (said("mute", 0), said("zeros", 0)) == (bytes(8), b"zerozero")
    assert (said("old", 0), said("other", 0)) == (b"lastlast", b"othrothr")
    assert np.isnan(np.frombuffer(said("garbage", 0))).all()
    assert np.frombuffer(said("huge", 0)).tolist() == [1e308]


def test_an_error_under_the_tolerance_is_as_long_as_no_product_tells():
    """Entries of directions are at most 1/2; the other's length counts as the median's, too."""
    length = np.hypot(3, 5)
    other = (length + np.hypot(1, 2)) / 2
    error = sent("under")[0] - 3
    assert error / 2 == pytest.approx(0.9 * 0.03 * 12**-0.5 * (length + other), rel=1e-5)
    assert sent("length") == pytest.approx([3 + other, 5])
