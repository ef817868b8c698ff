"""A rank that is stopped, over a run that is not there."""

import signal

from robusttrain.study.survival import stopped


def test_a_rank_is_stopped_until_it_is_suspended_and_goes_on(sent, tmp_path):
    done = stopped.stopped(tmp_path, (), 2, at=2, meanwhile=2)
    assert sent[1:] == [(-2, signal.SIGSTOP), (-2, signal.SIGCONT)]
    assert (done.longest, done.meanwhile, done.back) == (0.9, 2, 2)
    assert (done.finished, done.left) == (True, 2)
