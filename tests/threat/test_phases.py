"""Phases: where a fault can strike, by the agreement."""

import pytest

from robusttrain.comm.link import Kind
from robusttrain.redundancy.agreement.digest import Digest
from robusttrain.redundancy.agreement.none import NoAgreement
from robusttrain.redundancy.agreement.probe import Probe
from robusttrain.threat.phases import COMPUTED, phases_of


def names(agreement, fits):
    return [phase.name for phase in phases_of(agreement) if phase.admits(fits)]


@pytest.mark.parametrize("agreement", [Digest(), NoAgreement(), Probe()])
def test_phases_are_kinds_of_messages_but_for_what_is_computed(agreement):
    known = {kind.name.lower() for kind in Kind}
    assert {p.name for p in phases_of(agreement) if p.way != "computed"} <= known
    assert [p.name for p in phases_of(agreement) if p.way == "computed"] == [COMPUTED]
    assert len(names(agreement, "message")) == len(phases_of(agreement)) - 1


def test_what_fits_where():
    assert names(Digest(), "received") == ["publish", "pull", "block"]
    assert names(Digest(), "sent") == ["commit", "leaves", "rows"]
    assert names(Digest(), "bytes") == ["publish", "gradient", "commit", "leaves", "rows"]
    assert names(Probe(), "received") == ["reveal", "publish"]
    assert names(Probe(), "sent") == ["claims", "sum"]
    assert names(Probe(), "bytes") == ["claims", "publish", "gradient", "sum"]


def test_without_commitments_only_rows_have_content():
    assert names(NoAgreement(), "bytes") == ["publish", "gradient", "rows"]
