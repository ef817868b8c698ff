"""A run with a flip in each step: all that change what is sent are named, and nobody else."""

import pytest

from robusttrain.study.sdc import once
from robusttrain.study.sdc.kinds import KINDS
from robusttrain.study.sdc.once import Trial, Trials, trials
from robusttrain.study.sdc.watch import Effect


@pytest.fixture
def bits(monkeypatch):
    """Two groups of bits, for runs of 6 or 8 steps."""
    chosen = {"exponent, low": (23, 26), "mantissa, low": (0, 7)}
    monkeypatch.setattr(once, "BITS", chosen)
    return chosen


def test_digests_name_every_flip_that_changes_a_row(bits):
    found = trials("digests", 1, seed=1)
    assert len(found.made) == (len(KINDS) - 1) * len(bits)
    assert all(trial.caught == trial.effect.changed for trial in found.made)
    assert found.wrong == 0
    assert 0 < sum(trial.caught for trial in found.made) < len(found.made)


def test_in_a_probed_step_every_flip_that_changes_a_sum_is_named(bits, probed):
    """Wrong parameters may also show in what the worker claims of another sum."""
    found = trials("probes", 2, seed=0)
    assert all(trial.caught for trial in found.made if trial.effect.changed)
    assert all(t.effect.changed for t in found.made if t.caught and t.kind != "parameter")
    assert found.wrong == 0
    named = sum(trial.caught for trial in found.made)
    assert 5 < named < len(found.made) < 2 * len(KINDS) * len(bits)  # who is out is not struck


def test_trials_are_added_and_chosen():
    trial = Trial("sum", "sign", Effect(True), caught=True)
    both = Trials([trial], 1) + Trials([trial], 2)
    assert (len(both.made), both.wrong) == (2, 3)
    assert both.of("sum") == both.of("sum", "sign") == both.made
    assert both.of("sum", "mantissa, low") == both.of("activation") == []
