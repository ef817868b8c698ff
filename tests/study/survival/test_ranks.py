"""Ranks that are killed or stopped: what the run is read for, over a run that is not there."""

import signal

from robusttrain.study.survival import ranks
from robusttrain.study.survival.kills import GRADIENT, Kill


def test_faults_kill_in_messages_and_the_study_in_what_is_computed(sent, tmp_path):
    kills = [Kill(2, "commit", 2, [2]), Kill(3, GRADIENT, 1, [0])]
    done = ranks.killed(tmp_path, ("seed=1",), 2, kills)
    fault = "fault=[{worker: 2, step: 2, phase: commit, do: sigkill}]"
    assert sent == [["seed=1", fault], (-1, signal.SIGKILL)]
    assert (done.struck, done.steps, done.left, done.typical) == (2, 7, 2, 0.1)
    assert (done.accuracy, done.undisturbed, done.finished) == (0.5, 0.25, True)
    assert [cost.back for cost in done.costs] == [3, 1]


def test_the_accuracy_is_that_of_a_run_in_this_process(small):
    assert 0 <= ranks.accuracy((*small, "steps=1")) <= 1
