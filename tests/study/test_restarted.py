"""Restarts that liars cause: the next start finds what they did before the last."""

import pytest

from robusttrain.protocol import probing
from robusttrain.study.outcome import AT_START
from robusttrain.study.restarted import restarted
from robusttrain.study.siege import setting


@pytest.fixture(scope="module")
def made():
    return setting(workers=7, share=0.3, checkers=1, steps=60)


def test_all_that_forged_before_a_kill_are_out_at_once(made):
    run = restarted(made, seed=1)
    assert run.convicted == dict.fromkeys(run.liars, AT_START)
    assert (run.innocent, run.worst) == (0, 0)
    assert run.used >= 3


def test_without_settling_they_forge_on(made, monkeypatch):
    monkeypatch.setattr(
        probing, "settle_pending", lambda journal, *told: journal.pending and journal.settle()
    )
    run = restarted(made, seed=1)
    assert AT_START not in run.convicted.values()
