"""Ranks that are killed or stopped: what the run is read for, over a run that is not there."""

import os
import signal
from types import SimpleNamespace

import pytest

from robusttrain.study.survival import ranks
from robusttrain.study.survival.kills import GRADIENT, Kill

SUMMARY = {"finished": True, "test_accuracy": 0.5, "convicted": [], "seconds_per_step": 0.1}


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

    monkeypatch.setattr(ranks, "Launched", Run)
    monkeypatch.setattr(os, "kill", lambda *given: signals.append(given))
    monkeypatch.setattr(ranks, "accuracy", lambda words: 0.25)
    monkeypatch.setattr(ranks.time, "sleep", lambda seconds: None)
    return signals


def test_faults_kill_in_messages_and_the_study_in_what_is_computed(sent, tmp_path):
    kills = [Kill(2, "commit", 2, [2]), Kill(3, GRADIENT, 1, [0])]
    done = ranks.killed(tmp_path, ("seed=1",), 2, kills)
    fault = "fault=[{worker: 2, step: 2, phase: commit, do: sigkill}]"
    assert sent == [["seed=1", fault], (-1, signal.SIGKILL)]
    assert (done.struck, done.steps, done.left, done.typical) == (2, 7, 2, 0.1)
    assert (done.accuracy, done.undisturbed, done.finished) == (0.5, 0.25, True)
    assert [cost.back for cost in done.costs] == [3, 1]


def test_a_rank_is_stopped_until_it_is_suspended_and_goes_on(sent, tmp_path):
    done = ranks.stopped(tmp_path, (), 2, at=2, meanwhile=2)
    assert sent[1:] == [(-2, signal.SIGSTOP), (-2, signal.SIGCONT)]
    assert (done.longest, done.meanwhile, done.back) == (0.9, 2, 2)
    assert (done.finished, done.left) == (True, 2)


def test_the_accuracy_is_that_of_a_run_in_this_process(small):
    assert 0 <= ranks.accuracy((*small, "steps=1")) <= 1
