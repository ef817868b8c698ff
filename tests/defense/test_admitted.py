"""Admitted: every part is told as many bad vectors as it takes where fewer vectors come."""

import numpy as np
import pytest

from robusttrain.defense.admitted import admitted, pulled
from robusttrain.defense.aggregator.mean import Mean
from robusttrain.defense.aggregator.trimmed_mean import TrimmedMean
from robusttrain.defense.pipeline import Pipeline
from robusttrain.defense.preaggregator.bucketing import Bucketing
from robusttrain.defense.preaggregator.by_source import BySource
from robusttrain.defense.preaggregator.nnm import Nnm


@pytest.mark.parametrize(("n", "bad", "f"), [(9, 3, 3), (7, 3, 3), (6, 3, 2), (3, 3, 1), (1, 3, 0)])
def test_trimmed_mean_is_told_the_most_that_it_admits(n, bad, f):
    """It is defined for n > 2 f."""
    assert admitted(Pipeline(TrimmedMean(f=bad)), n).rule.f == f


def test_each_part_is_told_what_reaches_it():
    pipeline = Pipeline(TrimmedMean(f=4), (Nnm(f=2), Bucketing(size=2)))
    lower = admitted(pipeline, 6)
    assert (lower.stages[0].f, lower.rule.f) == (2, 1)


def test_a_rule_without_f_stays_as_it_is():
    pipeline = Pipeline(Mean())
    assert admitted(pipeline, 1) == pipeline


@pytest.mark.parametrize(("silent", "f"), [(0, 2), (1, 1), (3, 0)])
def test_silent_sources_lower_f_where_vectors_go_by_them(silent, f):
    """Five sources of two rows each: a rule and a stage made for two bad ones of five."""
    sources = np.repeat(np.arange(5 - silent), 2)
    pipeline = Pipeline(TrimmedMean(f=2), (BySource(1), Nnm(f=2)))
    ready = pulled(pipeline, sources, 2)
    assert (ready.rule.f, ready.stages[1].f) == (f, f)
    assert ready.reach(len(sources), 4) == (5 - silent, 2)


def test_where_vectors_do_not_go_by_sources_silence_lowers_nothing():
    pipeline = Pipeline(TrimmedMean(f=2), (Bucketing(9),))
    assert pulled(pipeline, np.arange(3), 2) == pipeline
