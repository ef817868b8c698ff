"""Times of the ways, and which one is chosen."""

from types import SimpleNamespace

import pytest
import torch

from robusttrain.study.ways.timing import Timed, compare
from robusttrain.study.ways.trial import Case, Trial

ROWS = torch.tensor([[3.0, 4.0]])


def made_up(broken=()):
    calls = []

    def by(way):
        calls.append(way)
        if way in broken:
            raise RuntimeError("no rule\nfor this")
        return ROWS + 0.5 * (way == "loop")

    return SimpleNamespace(plain=lambda: ROWS, by=by, calls=calls)


def test_real_rows_are_those_of_vmap():
    trial = Trial(Case("small_cnn", ("data=digits",), 4, 2, 2), torch.device("cpu"))
    timed = compare(trial, repeat=1)
    assert set(timed.seconds) == {"vmap", "loop", "batched"}
    assert timed.difference["vmap"] == 0
    assert all(apart < 1e-5 for apart in timed.difference.values())
    assert timed.plain > 0
    assert not timed.refused


def test_ways_are_called_once_more_than_they_are_timed():
    trial = made_up()
    timed = compare(trial, repeat=3)
    assert trial.calls.count("loop") == 4
    assert timed.difference["loop"] == pytest.approx(0.5 * 2**0.5 / 5)


@pytest.mark.parametrize("broken", [("batched",), ("vmap", "batched"), ("vmap", "loop", "batched")])
def test_a_way_that_fails_is_left_out(broken):
    timed = compare(made_up(broken), repeat=1)
    assert set(timed.refused) == set(broken)
    assert timed.refused["batched"] == "no rule for this"
    assert timed.chosen not in broken or timed.chosen == "vmap"


def test_the_fastest_is_chosen():
    assert Timed(1.0, {"vmap": 3.0, "loop": 2.0}, {}, {}).chosen == "loop"
    assert Timed(1.0, {}, {}, {}).chosen == "vmap"


def test_no_call_is_no_measurement():
    with pytest.raises(ValueError, match="--repeat 0 must be >= 1; use 3"):
        compare(made_up(), repeat=0)
