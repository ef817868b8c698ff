"""Where silent data corruption strikes, and which bits."""

import numpy as np
import pytest

from robusttrain.study.sdc.kinds import BITS, KINDS, WAYS, bit_of, broken, phase_of, setting
from robusttrain.threat.fault.bit_flip import BitFlip
from robusttrain.threat.faults import Planned


def test_the_groups_are_all_bits_of_a_float32_once():
    assert sorted(b for low, high in BITS.values() for b in range(low, high + 1)) == list(range(32))


@pytest.mark.parametrize("group", BITS)
def test_bits_are_drawn_from_their_group(group):
    rng, (low, high) = np.random.default_rng(0), BITS[group]
    assert {bit_of(group, rng) for _ in range(99)} == set(range(low, high + 1))


@pytest.mark.parametrize("way", WAYS)
def test_each_way_has_a_phase_for_each_kind_that_it_can_see(way):
    made = setting(way, 2, 0)
    phases = {kind: phase_of(made, kind) for kind in KINDS}
    assert {kind for kind, phase in phases.items() if phase is None} == (
        {"sum"} if way == "digests" else set()
    )


def test_a_broken_run_is_the_same_with_faults():
    made = setting("probes", 2, 0)
    planned = [Planned(0, 1, phase_of(made, "sum"), BitFlip())]
    assert list(broken(made, planned, 7).threat.faults.planned) == planned
    assert not made.threat.faults
