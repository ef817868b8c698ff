"""Replay on the same device sees what strikes once, and misses what lasts."""

from dataclasses import replace

import pytest
import torch

from robusttrain.protocol.share_gradients import ShareGradients, as_engine
from robusttrain.protocol.shares import shares
from robusttrain.run import assembly
from robusttrain.study.sdc.kinds import KINDS, phase_of, setting
from robusttrain.study.sdc.replay import computed_twice
from robusttrain.threat.fault.bit_flip import BitFlip
from robusttrain.threat.fault.stuck import Stuck
from robusttrain.threat.faults import Faults, Planned

LAST = "10"  # of the modules: what it gives are the logits


@pytest.fixture(scope="module")
def found():
    """found(*planned) -> the sum of worker 2 in step 0, and again."""
    made = setting("probes", 2, 0)
    cpu = torch.device("cpu")
    plain, parameters = assembly.recompute(made, cpu), assembly.initial(made, cpu)
    recompute = replace(plain, gradients=as_engine(ShareGradients, plain.gradients))
    plan = shares(made.planner(0))

    def twice(kind=None, fault=None):
        phase = None if kind is None else phase_of(made, kind)
        module = LAST if phase and phase.inside else None
        planned = [Planned(2, 0, phase, fault, module=module)] if phase else []
        return computed_twice(recompute, Faults(planned, 1), plan, parameters, 2)

    return twice


@pytest.mark.parametrize("kind", KINDS)
def test_it_sees_what_strikes_once_but_wrong_parameters(found, kind):
    true, _ = found()
    first, again = found(kind, BitFlip(0, 29))
    assert not torch.equal(first, true)
    assert torch.equal(again, first if kind == "parameter" else true)


@pytest.mark.parametrize("kind", KINDS)
def test_it_misses_what_lasts(found, kind):
    true, _ = found()
    wrong = [found(kind, Stuck(0, 29, level)) for level in (0, 1)]
    assert all(torch.equal(first, again) for first, again in wrong)
    assert any(not torch.equal(first, true) for first, _ in wrong)


def test_without_faults_both_are_true(found):
    first, again = found()
    assert torch.equal(first, again)
    assert first.any()
