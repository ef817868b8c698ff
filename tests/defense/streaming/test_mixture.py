"""Blocks with a mixing matrix and a Gram matrix: what is finite, what anchors add."""

import numpy as np
import pytest
import torch

from robusttrain.defense.preaggregator.clipping import Clipping
from robusttrain.defense.preaggregator.nnm import Nnm
from robusttrain.defense.streaming.memory import Memory
from robusttrain.defense.streaming.mixture import Mixture
from robusttrain.ops.gram import about, squared_distances

VECTORS = torch.randn(7, 10, generator=torch.Generator().manual_seed(0)).double()


def mixture(vectors=VECTORS, anchors=(), memory=None, stages=()) -> Mixture:
    return Mixture.of(iter(vectors.split(4, dim=1)), anchors, memory or Memory(), stages)


def distances(vectors):
    return torch.cdist(vectors, vectors).square()


def test_the_gram_matrix_holds_the_distances_of_the_finite_rows():
    bad = VECTORS.clone()
    bad[2, 5], bad[6, 0] = torch.inf, torch.nan
    whole = mixture(bad)
    assert whole.sound == [0, 1, 3, 4, 5]
    torch.testing.assert_close(squared_distances(whole.gram), distances(VECTORS[whole.sound]))
    assert torch.equal(torch.cat(list(whole.blocks()), dim=1), VECTORS[whole.sound])


def test_stages_mix_the_vectors_and_their_gram_matrix_alike():
    whole = mixture(stages=(Nnm(2),))
    whole.compose([Nnm(2)], np.random.default_rng(0))
    mixed = torch.cat(list(whole.blocks()), dim=1)
    torch.testing.assert_close(mixed, Nnm(2)(VECTORS))
    torch.testing.assert_close(squared_distances(whole.gram), distances(mixed), atol=1e-9, rtol=0)


def test_an_origin_that_only_a_stage_asks_for_is_no_part_of_the_rules_matrix():
    whole = mixture(stages=(Clipping(1.0),))
    assert whole.full.shape == (8, 8)
    assert whole.gram.shape == (7, 7)
    lengths = about(whole.full, 7).diagonal()[:7]
    torch.testing.assert_close(lengths, VECTORS.square().sum(dim=1))


@pytest.mark.parametrize(("anchor", "side"), [("centre", 8), ("origin", 8), ("history", 14)])
def test_anchors_follow_the_vectors(anchor, side):
    memory = Memory()
    assert mixture(anchors=(anchor,), memory=memory).gram.shape == (side, side)


def test_a_centre_joins_the_sum_once_it_is_remembered():
    memory = Memory()
    first = mixture(anchors=("centre",), memory=memory)
    assert first.first
    weights = torch.full((8,), 0.125, dtype=torch.float64)
    out = first.weighted(weights, 0.0, np.random.default_rng(0))
    torch.testing.assert_close(out, VECTORS.sum(dim=0) / 8)
    first.remember(torch.ones(10, dtype=torch.float64))
    again = mixture(anchors=("centre",), memory=memory)
    assert not again.first
    out = again.weighted(weights, 0.0, np.random.default_rng(0))
    torch.testing.assert_close(out, (VECTORS.sum(dim=0) + 1) / 8)
