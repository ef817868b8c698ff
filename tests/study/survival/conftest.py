"""Lines of metrics as a run with kills leaves them, and a run that is not there."""

import os
import signal
from types import SimpleNamespace

import pytest

from robusttrain.study.survival import ranks, stopped

SUMMARY = {"finished": True, "test_accuracy": 0.5, "convicted": [], "seconds_per_step": 0.1}


@pytest.fixture
def lines():
    """lines(silent by step, seconds={step: s}) -> steps of .1 s each."""

    def made(silent, seconds=()):
        seconds = dict(seconds)
        return [
            {"kind": "step", "step": step, "seconds": seconds.get(step, 0.1), "silent": workers}
            for step, workers in enumerate(silent)
        ]

    return made


@pytest.fixture
def sent(monkeypatch, lines):
    """Signals that were sent; the run has one more line each time that something is waited for."""
    signals, silent = [], [[], [], [2], [2], [2], [], []]

    class Run:
        ended, summary = [(1, -signal.SIGKILL), (2, -signal.SIGKILL)], SUMMARY
        said = "rank 2 (workers 2) is suspended until it answers: it was late"

        def __init__(self, folder, words, count):
            self.done, self.words = 0, words
            self.processes = {rank: SimpleNamespace(pid=-rank) for rank in (1, 2)}
            signals.append(words)

        def start_all(self):
            pass

        def wait_for(self, condition):
            while not condition():
                self.done += 1

        def finish(self):
            self.done = len(silent)

        @property
        def steps(self):
            return lines(silent[: self.done], {2: 0.9})

        def left(self):
            return [4711]

        def listens(self):
            return True

        end = start_all

    for room in (ranks, stopped):
        monkeypatch.setattr(room, "Launched", Run)
    monkeypatch.setattr(os, "kill", lambda *given: signals.append(given))
    monkeypatch.setattr(ranks, "accuracy", lambda words: 0.25)
    monkeypatch.setattr(ranks.time, "sleep", lambda seconds: None)
    return signals
