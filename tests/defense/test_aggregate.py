"""A rule on a matrix after pre-aggregators."""

import numpy as np
import pytest
import torch

from robusttrain.defense.aggregate import aggregate
from robusttrain.defense.aggregator import CenteredClipping, Krum, Mean
from robusttrain.defense.preaggregator import Bucketing, Nnm

VECTORS = torch.randn(12, 5, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


def test_stages_come_in_their_order():
    stages = [Bucketing(buckets=6), Nnm(f=1)]
    rng = np.random.default_rng(3)
    expected = Krum(f=1)(Nnm(f=1)(Bucketing(buckets=6)(VECTORS, np.random.default_rng(3))))
    torch.testing.assert_close(aggregate(VECTORS, Krum(f=1), stages, rng), expected)


def test_nothing_is_remembered():
    rule = CenteredClipping(radius=1.0, iterations=1)
    first = aggregate(VECTORS, rule)
    assert torch.equal(aggregate(VECTORS, rule), first)
    assert not rule.memory.tensors


def test_a_callable_is_a_rule():
    assert torch.equal(aggregate(VECTORS, lambda v: v[2]), VECTORS[2])


def test_other_shapes_are_refused():
    for vectors in (VECTORS[0], VECTORS.int(), VECTORS[:0]):
        with pytest.raises(ValueError, match="Mean takes floating-point vectors"):
            aggregate(vectors, Mean())
    with pytest.raises(ValueError, match="krum needs"):
        aggregate(VECTORS, Krum(f=9))
