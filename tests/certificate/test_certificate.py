"""Certificates against the published table of 15 workers, and by hand."""

import json
from itertools import combinations

import numpy as np
import pytest

from robusttrain.certificate.certificate import certify
from robusttrain.combinatorics.bounds import incidence
from robusttrain.redundancy.assignment.cyclic import Cyclic
from robusttrain.redundancy.assignment.design import Design
from robusttrain.redundancy.assignment.mols import Mols
from robusttrain.redundancy.assignment.repetition import Repetition
from robusttrain.redundancy.assignment.single import Single
from robusttrain.redundancy.assignment.subset import Subset


def test_numbers_of_the_default_run():
    c = certify(Subset(3), 15, 3)
    assert (c.scheme, c.tasks, c.load, c.shared) == ("subset", 455, 91, (13, 13))
    assert (c.voted.count, c.undetected.count, c.overt.count, c.dropped) == (37, 10, 0, 1)
    assert (c.unanimous.count, c.tied, c.convicts_all_overt) == (1, 0, True)
    assert c.fraction(c.undetected) == c.ceiling(c.undetected) == 10 / 455


@pytest.mark.parametrize("random", [1, 2, 5, 15, 40])
def test_audit_steps_are_those_of_all_draws(random):
    c = certify(Cyclic(3), 15, 5)
    bad, m = set(c.unanimous.tasks.tolist()), min(random, 3)
    draws = list(combinations(range(15), m))
    hits = sum(bool(bad & set(draw)) for draw in draws)
    assert len(bad) == 3
    assert c.audit_steps(m) == pytest.approx(len(draws) / hits)
    if random >= 13:
        assert c.audit_steps(random) == 1


def test_audits_that_never_hit_and_impossible_ones():
    assert certify(Cyclic(3), 15, 2).audit_steps(4) is None
    assert certify(Cyclic(3), 15, 5).audit_steps(0) is None
    with pytest.raises(ValueError, match=r"audit\.random=-1"):
        certify(Cyclic(3), 15, 5).audit_steps(-1)


def test_even_votes_tie():
    c = certify(Repetition(2), 6, 1)
    assert (c.voted.count, c.tied, c.undetected.count) == (0, 1, 0)


@pytest.mark.parametrize("assignment", [Subset(3), Design(3), Mols(3), Single(), Single(40)])
def test_the_dictionary_is_plain_and_complete(assignment):
    c = certify(assignment, 15, 3)
    plain = json.loads(json.dumps(c.as_dict()))
    assert plain["voted"]["count"] == len(plain["voted"]["tasks"]) == c.voted.count
    assert plain["undetected"]["liars"] == list(c.undetected.liars)
    assert plain["shared"] == list(c.shared)


def test_a_certificate_is_remembered():
    assert certify(Mols(3), 15, 4) is certify(Mols(3), 15, 4)
    assert certify(Mols(3), 15, 4) is not certify(Mols(3), 15, 5)


def test_half_of_the_workers_and_missing_schemes_are_refused():
    with pytest.raises(ValueError, match="byzantine=8 must be from 0 to 7 for workers=15"):
        certify(Subset(3), 15, 8)
    with pytest.raises(ValueError, match="does not exist for workers=16"):
        certify(Mols(3), 16, 2)
    assert certify(Mols(3), 15, 0).voted.count == 0


@pytest.mark.parametrize(
    "assignment", [Subset(3), Subset(4), Mols(3), Single(), Single(40), Cyclic(4)]
)
def test_pairs_and_loads_are_those_of_the_incidence(assignment):
    certificate = certify(assignment, 15, 2)
    held = incidence(assignment.teams(15), 15).astype(int)
    pairs = (held.T @ held)[np.triu_indices(15, 1)]
    assert certificate.shared == (pairs.min(), pairs.max())
    assert certificate.load == held.sum(axis=0).max()
