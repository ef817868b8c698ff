"""Chaos: how many faults are drawn, of whom, and that they repeat."""

import pytest

from robusttrain.redundancy.agreement.digest import Digest
from robusttrain.threat.chaos import Chaos
from robusttrain.threat.fault.garble import Garble
from robusttrain.threat.fault.sigkill import Sigkill
from robusttrain.threat.fault.silent import Silent
from robusttrain.threat.fault.stuck import Stuck
from robusttrain.threat.phases import phases_of

PHASES = phases_of(Digest())
KINDS = (Garble(), Silent(), Sigkill(), Stuck())


def drawn(rate=0.2, kinds=KINDS, most=2, seed=0, steps=1000, workers=9):
    return Chaos(rate, kinds, most, seed).draw(workers, steps, PHASES)


def test_a_fault_begins_in_a_share_of_the_steps():
    planned = drawn(0.3, kinds=(Garble(), Silent()))
    assert abs(len(planned) - 300) < 60
    assert {p.worker for p in planned} == set(range(9))
    assert len({p.step for p in planned}) == len(planned)
    assert drawn(0.0) == []


def test_each_is_in_a_phase_that_it_fits():
    planned = drawn(0.9, most=9)
    assert planned
    assert all(p.phase.admits(p.fault.fits) for p in planned)
    assert len({p.phase.name for p in planned}) > 4


@pytest.mark.parametrize("most", [1, 3, 20])
def test_at_most_so_many_have_one_at_once(most):
    """A killed rank and a stuck bit last: once there are so many, nothing more is drawn."""
    planned = drawn(1.0, most=most)
    lasting = [p for p in planned if p.fault in (Sigkill(), Stuck())]
    assert len(lasting) == min(most, 9)
    assert len({p.worker for p in lasting}) == len(lasting)
    assert planned[-1] == lasting[-1]
    for late in lasting:
        assert not any(p.worker == late.worker and p.step > late.step for p in planned)


def test_draws_repeat_with_the_seed():
    assert drawn() == drawn()
    assert drawn() != drawn(seed=1)


def test_a_longer_run_begins_alike():
    assert drawn(steps=1000)[:3] == drawn(steps=500)[:3]


def test_a_rate_is_a_probability():
    with pytest.raises(ValueError, match=r"chaos.rate=1.5 must be in 0..1, a probability"):
        drawn(1.5)
