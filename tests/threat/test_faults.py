"""Faults: when they strike, what they make wrong, and how they are written down."""

import numpy as np
import pytest
import torch
from hydra.core.override_parser.overrides_parser import OverridesParser
from support import plan_of

from robusttrain.threat.fault.bit_flip import BitFlip
from robusttrain.threat.fault.garble import Garble
from robusttrain.threat.fault.sigkill import Sigkill
from robusttrain.threat.fault.sigstop import Sigstop
from robusttrain.threat.fault.stuck import Stuck
from robusttrain.threat.faults import Faults, Planned, changed
from robusttrain.threat.phases import Phase

TEAMS = np.array([[0, 1], [0, 2], [1, 2], [0, 3]])
HOSTING = {1: [0, 1], 2: [2, 3]}
ROW, SUM = Phase("gradient", "computed"), Phase("gradient", "computed", whole=True)
INSIDE = Phase("activation", "computed", inside=True)
PUBLISH, SENT = Phase("publish", "received"), Phase("sum", "sent")


def faults(fault, phase=ROW, worker=0, step=5):
    return Faults([Planned(worker, step, phase, fault)], seed=3)


def at(step):
    return plan_of(TEAMS, workers=4, step=step)


def test_there_are_none_without_a_list():
    assert not Faults()
    assert Faults().strikes(at(0), [0, 1, 2, 3]) == {}
    assert not Faults().wrong(at(0), HOSTING).any()
    assert not Faults().distorted(at(0), HOSTING).any()


@pytest.mark.parametrize(("fault", "steps"), [(Garble(), [5]), (Stuck(), [5, 6, 7])])
def test_a_fault_strikes_in_its_step_and_one_that_lasts_later_too(fault, steps):
    made = faults(fault)
    assert [t for t in range(8) if made.strikes(at(t), [0])] == steps
    assert [t for t in range(8) if made.wrong(at(t), HOSTING).any()] == steps


def test_a_fault_can_be_given_for_several_steps():
    made = Faults([Planned(0, 2, ROW, Garble(), steps=3)])
    assert [t for t in range(8) if made.strikes(at(t), [0])] == [2, 3, 4]
    assert str(made).startswith("fault=[{worker: 0, step: 2, steps: 3, phase: gradient, do: gar")


def test_now_and_then_is_drawn_for_each_step_and_is_the_same_wherever_it_is_asked():
    made = Planned(0, 100, ROW, BitFlip(), steps=1000, probability=0.3)
    due = [t for t in range(1200) if made.due(3, t)]
    assert due == [t for t in range(1200) if made.due(3, t)]
    assert due != [t for t in range(1200) if made.due(4, t)]
    assert min(due) >= 100
    assert max(due) < 1100
    assert 250 < len(due) < 350
    assert not any(Planned(0, 0, ROW, BitFlip(), 9, probability=0).due(0, t) for t in range(9))
    drawn = Faults([made], seed=3)
    assert [t for t in range(1200) if drawn.wrong(at(t), HOSTING).any()] == due


def test_only_what_lasts_strikes_what_else_is_computed():
    stuck, flip = faults(Stuck()), faults(BitFlip())
    assert [bool(stuck.lasting(0, t)) for t in (4, 5, 9)] == [False, True, True]
    assert stuck.lasting(1, 5) == [] == flip.lasting(0, 5)
    assert faults(Stuck(), phase=SENT).lasting(0, 5) == []


def test_harms_are_those_of_hosted_workers_and_all_their_tasks():
    assert list(faults(Garble()).strikes(at(5), [0, 1])) == [(0, 0), (0, 1), (0, 3)]
    assert faults(Garble()).strikes(at(5), [1, 2]) == {}


def test_one_flip_strikes_one_drawn_task_and_is_scored_there():
    flips = [faults(BitFlip(), step=step) for step in range(60)]
    drawn = set()
    for step, made in enumerate(flips):
        ((_, task),) = made.strikes(at(step), [0])
        mask = made.distorted(at(step), HOSTING)
        assert np.argwhere(mask).tolist() == [[task, 0]]
        drawn.add(task)
    assert drawn == {0, 1, 3}


def test_a_flip_of_a_sum_makes_all_tasks_of_the_worker_wrong():
    made = faults(BitFlip(), phase=SUM)
    assert np.argwhere(made.distorted(at(5), HOSTING)).tolist() == [[0, 0], [1, 0], [3, 0]]
    assert faults(BitFlip(), phase=SENT).distorted(at(5), HOSTING).sum() == 3


def test_wrong_parameters_make_all_workers_of_the_rank_wrong():
    made = faults(BitFlip(), phase=PUBLISH)
    assert made.wrong(at(5), HOSTING).tolist() == [True, True, False, False]
    assert np.array_equal(made.distorted(at(5), HOSTING), TEAMS < 2)


def test_whoever_is_only_gone_is_not_wrong():
    assert not faults(Sigkill(), phase=PUBLISH).wrong(at(5), HOSTING).any()


def test_the_harm_is_the_same_on_whichever_rank_it_is_done():
    def damaged(hosted):
        data = torch.zeros(3)
        for strikes in faults(BitFlip()).strikes(at(5), hosted).values():
            for strike in strikes:
                strike.damage(data)
        return data.view(torch.int32)

    assert torch.equal(damaged([0]), damaged([3, 0]))
    assert damaged([0]).any()


def test_they_are_written_as_the_override_that_repeats_them():
    made = Faults([Planned(3, 5, PUBLISH, Sigstop(2.0)), Planned(1, 0, ROW, BitFlip())])
    assert str(made) == (
        "fault=[{worker: 3, step: 5, phase: publish, do: sigstop, seconds: 2.0}, "
        "{worker: 1, step: 0, phase: gradient, do: bit_flip}]"
    )
    often = Planned(1, 0, INSIDE, BitFlip(bit=3), 4, 0.5, "fc")
    assert str(often) == (
        "{worker: 1, step: 0, steps: 4, probability: 0.5, phase: activation, do: bit_flip, "
        "module: fc, bit: 3}"
    )
    value = OverridesParser.create().parse_override(str(made)).value()
    assert value[0] == {"worker": 3, "step": 5, "phase": "publish", "do": "sigstop", "seconds": 2.0}


def test_only_what_is_not_a_default_is_written():
    assert changed(Stuck()) == {}
    assert changed(Stuck(bit=None, level=0)) == {"bit": None, "level": 0}
