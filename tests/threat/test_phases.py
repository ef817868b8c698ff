"""Phases: where a fault can strike, by the agreement."""

import pytest

from robusttrain.comm.link import Kind
from robusttrain.redundancy.agreement.digest import Digest
from robusttrain.redundancy.agreement.none import NoAgreement
from robusttrain.redundancy.agreement.probe import Probe
from robusttrain.threat.phases import ACTIVATION, COMPUTED, WEIGHT_GRADIENT, phases_of

INSIDE = {
    "Digest": [ACTIVATION], "NoAgreement": [ACTIVATION], "Probe": [ACTIVATION, WEIGHT_GRADIENT],
}  # fmt: skip


def names(agreement, fits):
    return [phase.name for phase in phases_of(agreement) if phase.admits(fits)]


@pytest.mark.parametrize("agreement", [Digest(), NoAgreement(), Probe()])
def test_phases_are_kinds_of_messages_but_for_what_is_computed(agreement):
    known = {kind.name.lower() for kind in Kind}
    assert {p.name for p in phases_of(agreement) if p.way != "computed"} <= known
    computed = [p for p in phases_of(agreement) if p.way == "computed"]
    inside = INSIDE[type(agreement).__name__]
    assert [p.name for p in computed] == [*inside, COMPUTED]
    assert [p.name for p in computed if p.inside] == inside
    assert len(names(agreement, "message")) == len(phases_of(agreement)) - len(computed)


def test_what_fits_where():
    assert names(Digest(), "received") == ["publish", "pull", "block"]
    assert names(Digest(), "sent") == ["commit", "leaves", "rows"]
    assert names(Digest(), "bytes") == [
        "publish", "activation", "gradient", "commit", "leaves", "rows",
    ]  # fmt: skip
    assert names(Probe(), "received") == ["reveal", "publish"]
    assert names(Probe(), "sent") == ["claims", "sum"]
    assert names(Probe(), "bytes") == [
        "claims", "publish", "activation", "weight_gradient", "gradient", "sum",
    ]  # fmt: skip


def test_without_commitments_only_rows_have_content():
    assert names(NoAgreement(), "bytes") == ["publish", "activation", "gradient", "rows"]
