"""Places: methods are timed meanwhile, and as they were afterwards."""

import pytest

from robusttrain.benchmark.phases import Phases
from robusttrain.comm.group_link import GroupLink
from robusttrain.study.price.places import PHASES, SERVER, WORKER, watched


@pytest.mark.parametrize("places", [SERVER, WORKER])
def test_methods_are_replaced_and_put_back(places):
    owners = [*places, (GroupLink, "post", ""), (GroupLink, "receive", "")]
    before = [owner.__dict__[name] for owner, name, _ in owners]
    with watched(Phases(), places):
        meanwhile = [owner.__dict__[name] for owner, name, _ in owners]
    assert not set(map(id, before)) & set(map(id, meanwhile))
    assert [owner.__dict__[name] for owner, name, _ in owners] == before


def test_every_phase_has_a_column():
    assert {phase for _, _, phase in (*SERVER, *WORKER)} <= set(PHASES)
