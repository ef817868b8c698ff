"""What a signal does to a run: it ends after the step under way, is broken off, or ends at once."""

import os
import signal

import pytest
import torch

from robusttrain.run import interruption as module
from robusttrain.run.interruption import NUMBERS, Interrupted, Interruption

STEPS = 9


@pytest.fixture
def begun(signals, monkeypatch):
    """begun(seconds) -> Interruption, in step 3 of nine; `clock` holds its time."""
    clock = [100.0]
    monkeypatch.setattr(module.time, "monotonic", lambda: clock[0])

    def make(seconds=1000.0):
        made = Interruption(seconds, STEPS)
        made.clock = clock
        made.begin(3)
        return made

    return make


@pytest.mark.parametrize("number", NUMBERS)
def test_the_first_signal_stops_the_run_after_a_step_that_is_kept(begun, number):
    run = begun()
    assert not run.stopping()
    run.after(3, lambda: True)
    signal.raise_signal(number)
    assert run.stopping()
    run.after(4, lambda: False)
    with pytest.raises(Interrupted, match=f"^stopped by {number.name} after step 5$") as end:
        run.after(5, lambda: True)
    assert end.value.code == 128 + number


def test_a_signal_that_comes_while_a_step_is_kept_waits_for_the_next_one(begun):
    run = begun()
    run.after(3, lambda: signal.raise_signal(signal.SIGTERM) or True)
    with pytest.raises(Interrupted, match=r"after step 4$"):
        run.after(4, lambda: True)


def test_within_the_last_step_it_lets_the_run_end(begun):
    run = begun()
    run.begin(STEPS - 1)
    signal.raise_signal(signal.SIGTERM)
    assert not run.stopping()
    run.after(STEPS - 1, lambda: True)


def test_a_step_that_takes_too_long_is_broken_off(begun):
    run = begun(60.0)
    signal.raise_signal(signal.SIGTERM)
    assert 50 < signal.getitimer(signal.ITIMER_REAL)[0] <= 60
    with pytest.raises(Interrupted, match=r"SIGTERM after step 2, within step 3$"):
        signal.raise_signal(signal.SIGALRM)
    run.ignore()
    assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)


def test_in_the_first_step_there_is_none_before_it(begun):
    begun().begin(0)
    signal.raise_signal(signal.SIGTERM)
    with pytest.raises(Interrupted, match=r"^stopped by SIGTERM within step 0$"):
        signal.raise_signal(signal.SIGALRM)


@pytest.mark.parametrize("what", ["update", "keep"])
def test_neither_an_update_nor_a_checkpoint_is_broken_off(begun, what):
    run, done = begun(), []

    def slow(direction=None):
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGALRM)
        done.append(what)
        return False

    with pytest.raises(Interrupted):
        run.whole(slow)(torch.zeros(1)) if what == "update" else run.after(3, slow)
    assert done == [what]
    assert run.updates == (what == "update")


def test_without_seconds_it_breaks_off_at_once_and_leaves_usr1_alone(signals):
    before = signal.getsignal(signal.SIGUSR1)
    run = Interruption(0.0, STEPS)
    run.begin(0)
    assert signal.getsignal(signal.SIGUSR1) == before
    with pytest.raises(Interrupted):
        signal.raise_signal(signal.SIGINT)


def test_before_the_first_step_it_ends_at_once(signals):
    Interruption(1000.0, STEPS)
    with pytest.raises(Interrupted):
        signal.raise_signal(signal.SIGTERM)


def test_a_second_sigint_leaves_at_once_with_a_summary(begun, monkeypatch, tmp_path):
    ends = []
    monkeypatch.setattr(module, "bury", lambda *said: ends.append(said))
    monkeypatch.setattr(os, "_exit", ends.append)
    run = begun()
    run.folder = tmp_path
    for number in (signal.SIGTERM, signal.SIGINT):  # the same, sent twice
        signal.raise_signal(number)
    run.clock[0] += 1
    for number in (signal.SIGTERM, signal.SIGUSR1):
        signal.raise_signal(number)
    assert ends == []
    run.ignore()
    signal.raise_signal(signal.SIGINT)
    assert ends == [("stopped at once by a second SIGINT", str(tmp_path)), 130]


def test_updates_that_are_skipped_or_fail_do_not_count(begun):
    run = begun()
    update = run.whole(lambda direction: None if direction is None else 1 / direction)
    update(1.0)
    update(None)
    with pytest.raises(ZeroDivisionError):
        update(0.0)
    assert run.updates == 1


def test_no_signal_raises_once_the_run_ends(begun):
    run = begun()
    run.ignore()
    signal.raise_signal(signal.SIGINT)
    run.whole(lambda direction: None)(None)
