"""What the assumed liars can do at worst is what the rule is made for, and refused if too much."""

from itertools import combinations
from types import SimpleNamespace

import numpy as np
import pytest
from support import claims_of, plan_of, told

from robusttrain.certificate.exposure import check_bound, conceded, exposure
from robusttrain.certificate.scheme import Scheme
from robusttrain.certificate.sources import sources
from robusttrain.combinatorics.worst_case import Worst
from robusttrain.defense.aggregator.mean import Mean
from robusttrain.defense.defense import Defense
from robusttrain.defense.detector.audit import Audit
from robusttrain.defense.detector.clique import Clique
from robusttrain.defense.detector.cover import Cover
from robusttrain.defense.detector.none import NoDetector
from robusttrain.defense.pipeline import Pipeline
from robusttrain.defense.preaggregator.bucketing import Bucketing
from robusttrain.defense.preaggregator.by_source import BySource
from robusttrain.defense.vote.majority import Majority
from robusttrain.redundancy.agreement.digest import Digest
from robusttrain.redundancy.agreement.none import NoAgreement
from robusttrain.redundancy.assignment.cyclic import Cyclic
from robusttrain.redundancy.assignment.mols import Mols
from robusttrain.redundancy.assignment.repetition import Repetition
from robusttrain.redundancy.assignment.single import Single
from robusttrain.redundancy.assignment.subset import Subset
from robusttrain.threat.target.all import All
from robusttrain.threat.target.disagreement import Disagreement
from robusttrain.threat.target.majority import Majority as MajorityTarget
from robusttrain.threat.target.unopposed import Unopposed
from robusttrain.types import Hearing

COVER, AUDIT = Cover(False), Audit(Cover(False), None, 0)


def scheme(assignment, workers: int, byzantine: int) -> Scheme:
    return Scheme(assignment, workers, tuple(range(workers)), byzantine)


def defense(detector, byzantine: int, stages=()) -> Defense:
    return Defense(byzantine, byzantine, 0, True, detector, Majority(), Pipeline(Mean(), stages))


@pytest.mark.parametrize(
    ("detector", "byzantine", "forged"),
    [
        (NoDetector(), 3, 37),
        (Clique(False), 3, 37),  # fewer than q may lie, and then it convicts nobody
        (COVER, 3, 10),
        (COVER, 7, 182),
        (AUDIT, 3, 1),
        (AUDIT, 7, 35),
        (Audit(COVER, 2, 0), 3, 10),  # what a budget leaves over is up to the inner detector
        (Audit(NoDetector(), 0, 9), 3, 37),
        (NoDetector(), 0, 0),
    ],
)
def test_a_detector_concedes_its_part_of_the_certificate(detector, byzantine, forged):
    made = scheme(Subset(3), 15, byzantine)
    exposed = exposure(made, defense(detector, byzantine), Digest())
    assert (exposed.forged.count, exposed.forged.ceiling) == (forged, forged)
    assert (exposed.tasks, exposed.bad, exposed.rows) == (455, forged, 455)


def test_without_agreement_no_detector_is_of_any_use():
    made = scheme(Single(), 9, 4)
    for detector in (NoDetector(), COVER, AUDIT):
        assert exposure(made, defense(detector, 4), NoAgreement()).bad == 4
    assert conceded(made.certificate, AUDIT, NoAgreement()) is made.certificate.voted


def test_pre_aggregators_carry_the_bad_on():
    made = scheme(Subset(3), 15, 3)
    exposed = exposure(made, defense(COVER, 3, (Bucketing(45),)), Digest())
    assert (exposed.forged.count, exposed.tasks, exposed.bad, exposed.rows) == (10, 455, 10, 45)
    twice = exposure(made, defense(COVER, 3, (Bucketing(45), Bucketing(8))), Digest())
    assert (twice.bad, twice.rows) == (8, 8)


def test_where_the_worst_is_not_known_exactly_the_bound_counts():
    forged = Worst(3, 7, (0, 1), np.arange(3))
    certificate = SimpleNamespace(attacks={"undetected": forged})
    unsure = SimpleNamespace(certificate=certificate, teams=np.zeros((20, 3), int))
    exposed = exposure(unsure, defense(COVER, 2, (Bucketing(9),)), Digest())
    assert (exposed.forged, exposed.bad, exposed.rows) == (forged, 7, 9)


@pytest.mark.parametrize(
    ("assignment", "workers", "byzantine"),
    [
        (Subset(3), 7, 2),
        (Subset(3), 7, 3),
        (Mols(3), 12, 2),
        (Cyclic(3), 9, 3),
        (Repetition(3), 9, 3),
    ],
)
@pytest.mark.parametrize("detector", [NoDetector(), COVER, Clique(False), AUDIT])
def test_no_attack_wins_more_than_is_conceded(assignment, workers, byzantine, detector):
    """Up to q liars, all sets of them, against each choice of tasks."""
    made = scheme(assignment, workers, byzantine)
    bound = exposure(made, defense(detector, byzantine), Digest()).forged
    plan = plan_of(made.teams, workers)
    attacks = [All(), Unopposed(), MajorityTarget(), Disagreement(None)]
    worst = 0
    for count in (byzantine - 1, byzantine):
        for liars in combinations(range(workers), count):
            for said in (told(plan.teams, workers, liars, target) for target in attacks):

                def truth(tasks: np.ndarray, said=said) -> np.ndarray:
                    same = said[tasks] == 0
                    return np.where(same.any(axis=1), same.argmax(axis=1), -1)

                claims = claims_of(plan, said)
                hearing = Hearing(plan, claims, byzantine, truth, np.random.default_rng(0))
                pulled = Majority().choose(claims, detector.inspect(hearing)).workers
                worst = max(worst, int((said[plan.teams == pulled[:, None]] > 0).sum()))
            if assignment == Subset(3):
                break  # all sets are alike
    assert worst <= bound.ceiling
    if detector in (NoDetector(), AUDIT) or (assignment, detector) == (Subset(3), COVER):
        assert worst == bound.count


@pytest.mark.parametrize(
    ("assignment", "workers", "byzantine", "detector", "agreement"),
    [
        (Subset(3), 15, 7, COVER, Digest()),  # 182 of 455
        (Repetition(3), 15, 4, COVER, Digest()),  # 2 of 5 groups
        (Single(), 15, 7, NoDetector(), NoAgreement()),
        (Single(), 2, 0, NoDetector(), NoAgreement()),
        (Repetition(3), 15, 7, AUDIT, Digest()),  # 2 of 5 groups are liars only
        (Repetition(3), 3, 1, AUDIT, Digest()),
        (Subset(3), 15, 7, NoDetector(), Digest()),  # 203 of 455
    ],
)
def test_liars_below_the_bound_are_let_pass(assignment, workers, byzantine, detector, agreement):
    check_bound(scheme(assignment, workers, byzantine), detector, agreement)


@pytest.mark.parametrize(
    ("assignment", "workers", "byzantine", "detector", "forged", "safe"),
    [
        (Repetition(3), 15, 6, COVER, "3 of its 5 tasks", 5),
        (Repetition(3), 15, 7, NoDetector(), "3 of its 5 tasks", 5),
        (Cyclic(3), 9, 4, NoDetector(), "5 of its 9 tasks", 3),
        (Mols(3), 15, 7, Clique(False), "14 of its 25 tasks", 6),
        (Mols(3), 15, 7, COVER, "13 of its 25 tasks", 6),
        (Repetition(3), 9, 4, Audit(NoDetector(), 0, 0), "2 of its 3 tasks", 3),
    ],
)
def test_liars_that_can_forge_half_of_the_tasks_are_refused(
    assignment, workers, byzantine, detector, forged, safe
):
    with pytest.raises(ValueError) as error:
        check_bound(scheme(assignment, workers, byzantine), detector, Digest())
    said = str(error.value)
    for word in (f"defense.byzantine={byzantine}", forged, f"at most {safe}", "detector=audit"):
        assert word in said
    assert f"detector={type(detector).__module__.split('.')[-1]}" in said
    check_bound(scheme(assignment, workers, safe), detector, Digest())


def test_by_source_the_number_of_liars_bounds_what_is_bad():
    made = scheme(Subset(3), 15, 5)
    stage = BySource(2).pulled(sources(made, Digest()), 5)
    exposed = exposure(made, defense(COVER, 5, (stage,)), Digest())
    assert (exposed.forged.count, exposed.bad, exposed.rows) == (60, 10, 30)
    assert not exposed.outvoted


def test_liars_that_forge_half_of_the_tasks_are_let_pass_where_sources_confine_them():
    made = scheme(Single(tasks=22), 15, 7)  # 14 of 22
    check_bound(made, NoDetector(), NoAgreement(), (BySource(1),))
    for stages in ((), (Bucketing(9),), (BySource(2),)):
        with pytest.raises(ValueError, match="14 of its 22 tasks; assume at most 5"):
            check_bound(made, NoDetector(), NoAgreement(), stages)
