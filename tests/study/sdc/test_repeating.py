"""A worker whose fault comes back, until it is named."""

import numpy as np
import pytest

from robusttrain.study.sdc.repeating import OFTEN, Case, fault_of, one_case
from robusttrain.study.sdc.watch import Effect
from robusttrain.threat.fault.bit_flip import BitFlip
from robusttrain.threat.fault.stuck import Stuck


@pytest.mark.parametrize("how", OFTEN)
def test_digests_name_it_in_the_first_step_in_which_a_row_is_wrong(how):
    case = one_case("digests", "activation", how, steps=12, seed=4)
    assert case.named == case.first is not None
    assert (case.delay, case.wrong) == (1, 0)
    assert case.effects[-1].changed


@pytest.mark.parametrize("how", OFTEN)
def test_a_probe_names_it_as_soon_as_its_sum_is_wrong_and_replay_sees_what_does_not_last(
    probed, how
):
    case = one_case("probes", "activation", how, steps=20, seed=4)
    assert case.named is not None
    assert case.wrong == 0
    assert case.delay in (1, None)
    wrong = [effect for effect in case.effects if effect.changed]
    assert [effect.replayed for effect in wrong] == [how != "stuck"] * len(wrong)


def test_faults_are_drawn():
    assert fault_of("now and then", np.random.default_rng(0)) == BitFlip()
    stuck = {fault_of("stuck", np.random.default_rng(seed)) for seed in range(9)}
    assert len({fault.coordinate for fault in stuck}) == 9
    assert all(isinstance(fault, Stuck) for fault in stuck)


def test_a_delay_counts_both_ends_and_is_none_where_a_claim_came_first():
    effects = [Effect(True)]
    assert Case(effects, 3, 3, 0).delay == 1
    assert Case(effects, 3, 7, 0).delay == 5
    assert Case(effects, 3, 2, 0).delay is None
    assert Case(effects, None, 2, 0).delay is None
    assert Case(effects, 3, None, 0).delay is None
