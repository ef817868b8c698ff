"""What ends a run before its time: exit codes, the last line, tracebacks kept."""

import signal

import pytest

from robusttrain.comm.losses import RanksMissing
from robusttrain.run.divergence import Diverged
from robusttrain.run.ending import (
    DIVERGED,
    FAILED,
    BrokenOff,
    keep_tracebacks,
)
from robusttrain.run.interruption import Interrupted


@pytest.mark.parametrize(
    ("error", "cause", "code"),
    [(Diverged("4 steps"), "4 steps", DIVERGED), (RanksMissing("rank 1"), "rank 1", FAILED),
     (KeyError("x"), "KeyError: 'x'", FAILED),
     (Interrupted(signal.SIGTERM, " after step 2"), "stopped by SIGTERM after step 2", 143)],
)  # fmt: skip
def test_each_end_has_a_cause_and_a_code(error, cause, code):
    end = BrokenOff.of(error)
    assert (str(end), end.code) == (cause, code)


def test_only_what_nobody_foresaw_has_a_traceback():
    assert BrokenOff.of(Diverged("x")).traceback == ""
    assert BrokenOff.of(RanksMissing("x", "of rank 1")).traceback == "of rank 1"
    assert "KeyError" in BrokenOff.of(KeyError("x")).traceback


def test_the_last_line_says_how_a_run_goes_on():
    end = BrokenOff("why", 143, "Traceback")
    assert end.told() == "Traceback\nerror: why"
    end.resume = "run.name=a resume=auto"
    assert end.told().endswith("error: why; to go on, the same command with run.name=a resume=auto")


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
