"""A rule behind pre-aggregators: how many vectors reach it, how many are bad, what f becomes."""

import numpy as np
import pytest
import torch

from robusttrain.defense.aggregator.krum import Krum
from robusttrain.defense.aggregator.median import Median
from robusttrain.defense.aggregator.trimmed_mean import TrimmedMean
from robusttrain.defense.pipeline import Pipeline
from robusttrain.defense.preaggregator.bucketing import Bucketing
from robusttrain.defense.preaggregator.by_source import BySource
from robusttrain.defense.preaggregator.nnm import Nnm

BUCKETS = (Bucketing(buckets=9), Nnm(f=None))


def test_vectors_and_bad_ones_are_counted_through_all_stages():
    assert Pipeline(Median(), BUCKETS[:1]).reach(45, 3) == (9, 3)
    assert Pipeline(Median(), (Bucketing(size=3), Bucketing(size=3))).reach(45, 2) == (5, 2)
    assert Pipeline(Median()).reach(7) == (7, 0)


def test_an_open_f_is_what_can_be_bad_there_and_a_stage_takes_less_than_half():
    fit = Pipeline.fit(TrimmedMean(f=None), BUCKETS, 45, 3)
    assert (fit.stages[1].f, fit.rule.f) == (3, 3)
    assert Pipeline.fit(Median(), BUCKETS, 45, 20).stages[1].f == 4
    assert Pipeline.fit(TrimmedMean(f=2), BUCKETS, 45, 3).rule.f == 2, "what is given stays"


def test_what_is_not_defined_is_refused_before_a_vector_is_seen():
    with pytest.raises(ValueError, match="krum needs"):
        Pipeline.fit(Krum(f=None), (Bucketing(buckets=4),), 45, 2)
    with pytest.raises(ValueError, match="krum needs"):
        Pipeline(Krum(f=2), (Bucketing(buckets=4),)).check(45)


def test_it_is_the_rule_on_what_the_stages_make():
    vectors = torch.randn(12, 7, generator=torch.Generator().manual_seed(0)).double()
    pipeline = Pipeline(Median(), (Bucketing(buckets=4),))
    by_hand = Median()(Bucketing(buckets=4)(vectors, np.random.default_rng(3)))
    whole = pipeline([vectors], np.random.default_rng(3))
    streamed = pipeline(vectors.split(2, dim=1), np.random.default_rng(3))
    assert torch.equal(whole, streamed)
    torch.testing.assert_close(whole, by_hand)


def test_bad_vectors_are_those_of_liars_however_many_rows_are_forged():
    sources = np.arange(45) % 9
    pipeline = Pipeline(Median(), (BySource(2),)).pulled(sources, 3)
    assert pipeline.reach(45, 30) == (18, 6)
    assert pipeline.reach(45, 4) == (18, 4)
    after = Pipeline(Median(), (Nnm(f=3), BySource(1), Bucketing(size=2))).pulled(sources, 3)
    assert after.reach(45, 30) == (5, 3)


def test_vectors_that_are_mixed_have_no_source():
    pipeline = Pipeline(Median(), (Bucketing(size=3), BySource(1)))
    with pytest.raises(ValueError, match=r"bucketing before it mixes .* name by_source first"):
        pipeline.check_sources(np.arange(9))
    Pipeline(Median(), (Nnm(f=3), BySource(1))).check_sources(np.arange(9))


def test_a_first_stage_that_averages_known_parts_can_be_done_beforehand():
    """And then all of it is what the stages make of the vectors."""
    vectors = torch.randn(8, 5, generator=torch.Generator().manual_seed(0))
    sources = np.array([3, 1, 3, 1, 1, 0, 0, 3])
    for first in (Bucketing(buckets=4), BySource(sources=sources)):
        whole = Pipeline(Median(), (first, Nnm(f=1)))
        parts, rest = whole.averaging(8, np.random.default_rng(5))
        assert rest == Pipeline(Median(), (Nnm(f=1),))
        means = torch.stack([vectors[part].mean(dim=0) for part in parts])
        expected = whole([vectors], np.random.default_rng(5))
        torch.testing.assert_close(rest([means]), expected)


def test_what_goes_by_the_vectors_cannot():
    rng = np.random.default_rng(0)
    for stages in ((), (Nnm(f=1), Bucketing(buckets=4))):
        assert Pipeline(Median(), stages).averaging(8, rng) == (None, Pipeline(Median(), stages))
