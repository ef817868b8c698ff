"""Whose the pulled rows are, and what liars can outvote."""

import numpy as np
import pytest

from robusttrain.certificate.scheme import Scheme
from robusttrain.certificate.sources import outvoted, sources
from robusttrain.defense.preaggregator.bucketing import Bucketing
from robusttrain.defense.preaggregator.by_source import BySource
from robusttrain.redundancy.agreement.digest import Digest
from robusttrain.redundancy.agreement.none import NoAgreement
from robusttrain.redundancy.agreement.probe import Probe
from robusttrain.redundancy.assignment.mols import Mols
from robusttrain.redundancy.assignment.single import Single
from robusttrain.redundancy.assignment.subset import Subset


def scheme(assignment, members, byzantine: int = 2) -> Scheme:
    return Scheme(assignment, max(members) + 1, tuple(members), byzantine)


def test_where_all_agree_rows_are_spread_over_the_members():
    found = sources(scheme(Subset(3), (0, 2, 3, 5, 6)), Digest())
    assert np.bincount(found, minlength=7).tolist() == [2, 0, 2, 2, 0, 2, 2]
    assert sources(scheme(Single(), (1, 4)), Probe()).tolist() == [1, 4]


@pytest.mark.parametrize(
    ("stages", "forged", "lost"),
    [
        ((), 227, False),
        ((), 228, True),
        ((Bucketing(45),), 228, True),
        ((BySource(3),), 455, False),
        ((BySource(4),), 455, True),  # three are sure
        ((Bucketing(45), BySource(1)), 455, True),
    ],
)
def test_half_of_the_tasks_may_be_forged_where_sources_confine_it(stages, forged, lost):
    made = scheme(Subset(3), range(15), 7)
    assert outvoted(made, 7, forged, Digest(), stages) is lost


def test_few_tasks_a_worker_or_half_of_the_workers_are_outvoted():
    few = scheme(Mols(3), range(15), 7)
    assert outvoted(few, 7, 14, Digest(), (BySource(1),))
    several = scheme(Single(tasks=22), range(15), 7)
    assert not outvoted(several, 7, 14, NoAgreement(), (BySource(1),))
    assert outvoted(several, 8, 15, NoAgreement(), (BySource(1),))
