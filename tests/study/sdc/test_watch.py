"""Watch: what a fault has done to what a worker says, and for which step it is named."""

from dataclasses import dataclass

import pytest
import torch

from robusttrain.run.simulate import simulate
from robusttrain.study.sdc.kinds import WORKERS, broken, phase_of
from robusttrain.study.sdc.watch import Effect, Watch
from robusttrain.threat.fault.base import Damage
from robusttrain.threat.fault.bit_flip import BitFlip
from robusttrain.threat.fault.stuck import Stuck
from robusttrain.threat.faults import Planned


def watched(setting, way, kind, fault, steps=3):
    """The effects of a fault of worker 4 from step 1 on, and who was named."""
    made = setting(way, steps, 0)
    phase = phase_of(made, kind)
    module = "10" if phase.inside else None  # the last one
    made = broken(made, [Planned(4, 1, phase, fault, module=module)], 0)
    watch, effects = Watch(made), {}

    def report(step):
        watch.note(step)
        if not watch.out(4, step.plan.step):
            effects[step.plan.step] = watch.effect(step.plan, 4)

    simulate(made, report, WORKERS, watch)
    return effects, watch.named


@pytest.mark.parametrize("way", ["digests", "probes"])
@pytest.mark.parametrize("kind", ["parameter", "activation", "weight gradient"])
def test_a_flip_changes_its_step_and_is_named_for_it(probed, way, kind):
    effects, named = watched(probed, way, kind, BitFlip(0, 29))
    assert [effects[step].changed for step in effects] == [False, True, False][: len(effects)]
    assert named == {(4, 1)}


def test_what_is_stuck_is_named_as_soon_as_it_shows(probed):
    """In step 1 it checks what was sent in step 0."""
    effects, named = watched(probed, "probes", "sum", Stuck(0, 29, 0))
    assert named == {(4, 0)}
    assert list(effects) == [0]


def test_what_is_not_finite_is_left_out_and_names_nobody(probed):
    effects, named = watched(probed, "probes", "sum", Infinite(), steps=2)
    assert effects[1] == Effect(True, finite=False, seen=False, replayed=True)
    assert named == set()


@dataclass(frozen=True)
class Infinite(Damage):
    """The first value is infinite."""

    def damage(self, data, rng):
        data.view(torch.float32)[0] = torch.inf
