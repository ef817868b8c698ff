"""A pool: one of its rules at a time, drawn from the given generator."""

import numpy as np
import pytest
import torch

from robusttrain.defense.aggregator.base import combine
from robusttrain.defense.aggregator.krum import Krum
from robusttrain.defense.aggregator.mean import Mean
from robusttrain.defense.aggregator.median import Median
from robusttrain.defense.aggregator.mix_tailor import MixTailor
from robusttrain.defense.aggregator.trimmed_mean import TrimmedMean

VECTORS = torch.randn(9, 6, generator=torch.Generator().manual_seed(0))


def test_every_rule_comes_up_and_nothing_else():
    pool = [Median(), Krum(2), TrimmedMean(2)]
    expected = {tuple(rule(VECTORS).tolist()) for rule in pool}
    rng = np.random.default_rng(0)
    found = [tuple(combine([VECTORS], MixTailor(pool), rng=rng).tolist()) for _ in range(60)]
    assert set(found) == expected
    assert max(found.count(out) for out in expected) < 40


def test_the_draw_is_the_generators():
    rule = MixTailor([Median(), Mean(), Krum(1)])
    outs = [rule(VECTORS, np.random.default_rng(seed)).tolist() for seed in range(20)]
    assert outs == [rule(VECTORS, np.random.default_rng(seed)).tolist() for seed in range(20)]
    assert rule(VECTORS).tolist() == outs[0]


def test_a_null_f_is_filled_in_and_another_is_kept():
    rule = MixTailor([Krum(None), TrimmedMean(3), Median()], f=1)
    assert rule.pool == (Krum(1), TrimmedMean(3), Median())


def test_all_must_be_defined_and_the_least_robust_counts():
    rule = MixTailor([Median(), Krum(2)])
    with pytest.raises(ValueError, match="krum needs"):
        rule.check(6)
    assert rule.tolerates(9) == 2
    assert MixTailor([Median(), Mean()]).tolerates(9) == 0
    with pytest.raises(ValueError, match="f=null"):
        MixTailor([Krum(None)]).check(9)


def test_an_empty_pool_is_refused():
    with pytest.raises(ValueError, match="at least one rule"):
        MixTailor([])
