"""Fit: as many bad vectors as a pipeline is defined for."""

import pytest

from robusttrain.defense.aggregator.krum import Krum
from robusttrain.defense.aggregator.mean import Mean
from robusttrain.defense.aggregator.trimmed_mean import TrimmedMean
from robusttrain.defense.fit import fit_at_most, widest
from robusttrain.defense.pipeline import Pipeline


@pytest.mark.parametrize(("n", "bad", "f"), [(9, 3, 3), (7, 3, 3), (6, 3, 2), (3, 3, 1), (1, 3, 0)])
def test_trimmed_mean_is_told_the_most_that_it_admits(n, bad, f):
    """It is defined for n > 2 f."""
    assert fit_at_most(TrimmedMean(f=None), [], n, bad).rule.f == f


@pytest.mark.parametrize(("rule", "n", "f"), [(TrimmedMean(0), 5, 2), (TrimmedMean(3), 4, 1),
                                              (Krum(1), 9, 3), (Krum(1), 2, 0)])  # fmt: skip
def test_the_widest_assumes_the_most_liars_that_the_rule_admits(rule, n, f):
    """Fewer than half, and n >= 2f + 3 for Krum."""
    assert widest(Pipeline(rule), n).rule.f == f
    assert widest(Pipeline(Mean()), n) == Pipeline(Mean())
