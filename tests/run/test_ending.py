"""What ends a run before its time: exit codes, signals that spare an update, tracebacks kept."""

import signal

import pytest
import torch

from robusttrain.comm.hub import RanksMissing
from robusttrain.run.divergence import Diverged
from robusttrain.run.ending import (
    DIVERGED,
    FAILED,
    BrokenOff,
    Interrupted,
    Interruption,
    keep_tracebacks,
)

NUMBERS = [signal.SIGINT, signal.SIGTERM]


@pytest.fixture
def interruption():
    before = {number: signal.getsignal(number) for number in NUMBERS}
    yield Interruption()
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize(
    ("error", "cause", "code"),
    [(Diverged("4 steps"), "4 steps", DIVERGED), (RanksMissing("rank 1"), "rank 1", FAILED),
     (KeyError("x"), "KeyError: 'x'", FAILED),
     (Interrupted(signal.SIGTERM), "stopped by SIGTERM", 143)],
)  # fmt: skip
def test_each_end_has_a_cause_and_a_code(error, cause, code):
    end = BrokenOff.of(error)
    assert (str(end), end.code) == (cause, code)


def test_only_what_nobody_foresaw_has_a_traceback():
    assert BrokenOff.of(Diverged("x")).traceback == ""
    assert BrokenOff.of(RanksMissing("x", "of rank 1")).traceback == "of rank 1"
    assert "KeyError" in BrokenOff.of(KeyError("x")).traceback


@pytest.mark.parametrize("number", NUMBERS)
def test_the_first_signal_ends_the_run_and_later_ones_do_not_disturb_it(interruption, number):
    with pytest.raises(Interrupted) as end:
        signal.raise_signal(number)
    assert end.value.code == 128 + number
    for later in NUMBERS:
        signal.raise_signal(later)


def test_a_signal_waits_for_an_update(interruption):
    moved = []

    def update(direction):
        moved.append("begun")
        signal.raise_signal(signal.SIGINT)
        moved.append("done")

    with pytest.raises(Interrupted):
        interruption.whole(update)(torch.zeros(1))
    assert moved == ["begun", "done"]
    assert interruption.updates == 1


def test_updates_that_are_skipped_or_fail_do_not_count(interruption):
    update = interruption.whole(lambda direction: None if direction is None else 1 / direction)
    update(1.0)
    update(None)
    with pytest.raises(ZeroDivisionError):
        update(0.0)
    assert interruption.updates == 1
    with pytest.raises(Interrupted):
        signal.raise_signal(signal.SIGINT)


def test_no_signal_raises_once_the_run_ends(interruption):
    interruption.ignore()
    signal.raise_signal(signal.SIGINT)
    interruption.whole(lambda direction: None)(None)


def test_tracebacks_are_kept_by_rank_and_the_end_says_where_its_own_is(tmp_path):
    end = keep_tracebacks(tmp_path, {1: "one", 2: "", 3: "three"}, BrokenOff("x", 1, "three"))
    assert {p.name: p.read_text() for p in tmp_path.iterdir()} == {
        "rank-1.log": "one\n", "rank-3.log": "three\n"
    }  # fmt: skip
    assert str(end) == f"x; its traceback is in {tmp_path / 'rank-3.log'}"
    assert (end.code, end.traceback) == (1, "three")
    end = keep_tracebacks(tmp_path, {1: "one"}, BrokenOff("x", 1, "own"))
    assert str(end).endswith("rank-0.log")
    assert (tmp_path / "rank-0.log").read_text() == "own\n"


def test_a_run_that_finished_keeps_those_of_the_ranks_it_lost(tmp_path):
    assert keep_tracebacks(tmp_path, {2: "two"}, None) is None
    assert [p.name for p in tmp_path.iterdir()] == ["rank-2.log"]
    end = BrokenOff("stopped by SIGINT", 130)
    assert keep_tracebacks(tmp_path, {}, end) is end
