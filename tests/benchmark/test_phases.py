"""Phases: nested ones take from the outer, other threads are kept apart, all adds up."""

import threading
from types import SimpleNamespace

import pytest

from robusttrain.benchmark import phases as module
from robusttrain.benchmark.phases import Phases, timed


@pytest.fixture
def clock(monkeypatch):
    """A clock that stands still until it is moved."""
    clock = SimpleNamespace(now=0.0, cpu=0.0)
    times = SimpleNamespace(perf_counter=lambda: clock.now, thread_time=lambda: clock.cpu)
    monkeypatch.setattr(module, "time", times)
    return clock


def test_a_phase_inside_another_takes_its_time_from_it(clock):
    phases = Phases()
    with phases.phase("pull"):
        clock.now += 1
        with phases.phase("wait"):
            clock.now += 10
        clock.now += 2
    clock.now += 5
    assert phases.seconds() == {"wait": 10, "other": 5, "pull": 3}


def test_an_inner_phase_can_count_as_the_outer_one(clock):
    phases = Phases(within={"compute": "recompute"})
    for outer in ("recompute", "pull"):
        with phases.phase(outer), phases.phase("compute"):
            clock.now += 1
    seconds = phases.seconds()
    assert seconds["recompute"] == seconds["compute"] == 1
    assert not seconds["pull"]


def test_restart_forgets(clock):
    phases = Phases()
    with phases.phase("update"):
        clock.now += 1
    phases.count(phases.bytes, "pull", 3)
    phases.restart()
    clock.now += 2
    assert phases.seconds() == {"other": 2}
    assert not phases.bytes


def test_other_threads_are_beside(clock):
    phases = Phases()

    def hash_it() -> None:
        with phases.phase("commit"):
            clock.cpu += 4

    thread = threading.Thread(target=hash_it)
    thread.start()
    thread.join()
    assert phases.beside == {"commit": 4}
    assert "commit" not in phases.seconds()


def test_a_function_is_timed_and_each_step_of_a_generator(clock):
    phases = Phases()

    def numbers():
        for number in range(2):
            clock.now += 1
            yield number

    def double(x):
        clock.now += 3
        return 2 * x

    for _ in timed(phases, "pull", numbers)():
        clock.now += 10
    assert timed(phases, "update", double)(4) == 8
    assert phases.seconds() == {"other": 20, "update": 3, "pull": 2}


def test_a_phase_ends_where_an_error_leaves_it(clock):
    phases = Phases()
    with pytest.raises(KeyError), phases.phase("pull"):
        raise KeyError
    clock.now += 1
    assert phases.seconds()["other"] == 1
