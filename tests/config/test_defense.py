"""The defence that is made of a configuration: its parts, and each `f` that is left open."""

import pytest

from robusttrain.certificate.scheme import Scheme
from robusttrain.config.defense import make_defense
from robusttrain.defense.aggregator.krum import Krum
from robusttrain.defense.aggregator.mean import Mean
from robusttrain.defense.aggregator.trimmed_mean import TrimmedMean
from robusttrain.defense.defense import Defense
from robusttrain.defense.detector.audit import Audit
from robusttrain.defense.detector.cover import Cover
from robusttrain.defense.detector.none import NoDetector
from robusttrain.defense.pipeline import Pipeline
from robusttrain.defense.preaggregator.arc import Arc
from robusttrain.defense.preaggregator.bucketing import Bucketing
from robusttrain.defense.preaggregator.nnm import Nnm
from robusttrain.defense.vote.majority import Majority
from robusttrain.redundancy.agreement.digest import Digest
from robusttrain.redundancy.assignment.subset import Subset

COVER, AUDIT = Cover(False), Audit(Cover(False), None, 0)


def scheme(assignment, workers: int, byzantine: int) -> Scheme:
    return Scheme(assignment, workers, tuple(range(workers)), byzantine)


CFG = {
    "vote": {"_target_": "robusttrain.defense.vote.majority.Majority"},
    "preaggregator": None,
    "defense": {"mean_when_certain": False, "byzantine": 7},
}
KRUM = {"_target_": "robusttrain.defense.aggregator.krum.Krum", "f": None}
TRIMMED = {"_target_": "robusttrain.defense.aggregator.trimmed_mean.TrimmedMean", "f": None}
MEAN = {"_target_": "robusttrain.defense.aggregator.mean.Mean"}


def made(aggregator: dict, detector, q: int = 3, evicted: int = 0, **more) -> Defense:
    cfg = CFG | {"aggregator": aggregator} | more
    return make_defense(cfg, detector, Digest(), scheme(Subset(3), 15, q), evicted)


def test_a_rule_left_open_is_made_for_what_the_detector_concedes():
    assert made(TRIMMED, COVER).pipeline.rule == TrimmedMean(10)
    assert made(TRIMMED, NoDetector()).pipeline.rule == TrimmedMean(37)
    assert made(KRUM, AUDIT).pipeline.rule == Krum(1)
    assert made(TRIMMED | {"f": 4}, COVER).pipeline.rule == TrimmedMean(4)
    assert made(MEAN, COVER).pipeline.rule == Mean()


def test_a_defense_has_the_parts_that_are_configured():
    found = made(MEAN, COVER, q=2, evicted=5)
    assert found == Defense(2, 7, 5, False, COVER, Majority(), Pipeline(Mean()))
    stages = {
        "bucketing": {
            "_target_": "robusttrain.defense.preaggregator.bucketing.Bucketing",
            "buckets": 45,
        },
        "left": {"buckets": 3},  # of a preset, deselected
    }
    found = made(TRIMMED, COVER, preaggregator=stages)
    assert found.pipeline.stages == (Bucketing(45),)
    assert found.pipeline.rule == TrimmedMean(10)


@pytest.mark.parametrize(
    ("detector", "given", "found"), [(COVER, None, 10), (AUDIT, None, 1), (COVER, 4, 4)]
)
def test_a_pre_aggregator_left_open_is_made_for_what_it_can_get(detector, given, found):
    nnm = {"nnm": {"_target_": "robusttrain.defense.preaggregator.nnm.Nnm", "f": given}}
    assert made(TRIMMED, detector, preaggregator=nnm).pipeline.stages == (Nnm(found),)


def test_a_pre_aggregator_left_open_goes_by_those_before_it_and_takes_what_it_can():
    stages = {
        "bucketing": {
            "_target_": "robusttrain.defense.preaggregator.bucketing.Bucketing",
            "buckets": 9,
        },
        "arc": {"_target_": "robusttrain.defense.preaggregator.arc.Arc", "f": None},
    }
    assert made(MEAN, AUDIT, preaggregator=stages).pipeline.stages == (Bucketing(9), Arc(1))
    assert made(MEAN, COVER, preaggregator=stages).pipeline.stages == (Bucketing(9), Arc(4))


def test_a_pre_aggregator_that_is_not_defined_for_its_vectors_is_refused():
    stages = {
        "bucketing": {
            "_target_": "robusttrain.defense.preaggregator.bucketing.Bucketing",
            "buckets": 9,
        },
        "nnm": {"_target_": "robusttrain.defense.preaggregator.nnm.Nnm", "f": 5},
    }
    with pytest.raises(
        ValueError, match=r"nnm needs n >= 2f\+1; got n=9, f=5; lower preaggregator.nnm.f"
    ):
        made(MEAN, COVER, preaggregator=stages)


def test_a_rule_that_cannot_bear_it_is_refused():
    stages = {
        "bucketing": {
            "_target_": "robusttrain.defense.preaggregator.bucketing.Bucketing",
            "buckets": 45,
        }
    }
    with pytest.raises(ValueError, match=r"krum needs n >= 2f\+3.*n=45, f=45"):
        made(KRUM, COVER, q=5, preaggregator=stages)
    with pytest.raises(ValueError, match=r"trimmed_mean needs.*f=228"):
        made(TRIMMED | {"f": 228}, AUDIT)


BY_SOURCE = "robusttrain.defense.preaggregator.by_source.BySource"


@pytest.mark.parametrize(
    ("buckets", "q", "detector", "f"),
    [(1, 3, COVER, 3), (1, 7, COVER, 7), (2, 7, COVER, 14), (2, 3, AUDIT, 1), (1, 7, AUDIT, 7)],
)
def test_what_is_left_open_behind_sources_is_made_for_the_liars(buckets, q, detector, f):
    stages = {
        "by_source": {"_target_": BY_SOURCE, "buckets": buckets},
        "arc": {"_target_": "robusttrain.defense.preaggregator.arc.Arc", "f": None},
    }
    pipeline = made(TRIMMED, detector, q=q, preaggregator=stages).pipeline
    assert (pipeline.rule, pipeline.stages[1]) == (TrimmedMean(f), Arc(f))
    assert pipeline.reach(455, 455)[0] == 15 * buckets


def test_more_buckets_than_rows_of_a_worker_are_refused_at_the_start_alone():
    stages = {"by_source": {"_target_": BY_SOURCE, "buckets": 32}}
    with pytest.raises(ValueError, match=r"by_source.buckets=32 must be at most 31"):
        made(MEAN, COVER, preaggregator=stages)
    assert made(MEAN, COVER, evicted=1, preaggregator=stages).pipeline.reach(455) == (455, 0)
