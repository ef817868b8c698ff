"""Probe: nothing is committed to."""

from robusttrain.redundancy.agreement.digest import Digest
from robusttrain.redundancy.agreement.none import NoAgreement
from robusttrain.redundancy.agreement.probe import Probe


def test_it_commits_to_nothing_and_is_told_apart_by_probes():
    assert (Probe().width, Probe().leaf(memoryview(b"1")), Probe().root(b"")) == (0, b"", b"")
    assert [made.probes for made in (Probe(), NoAgreement(), Digest())] == [True, False, False]
