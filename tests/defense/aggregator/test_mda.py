"""Minimum-diameter averaging against all subsets."""

from itertools import combinations

import numpy as np
import pytest
import torch

from robusttrain.defense.aggregator.mda import Mda


def naive(vectors, f):
    def spread(chosen):
        return sorted((apart[i][j] for i, j in combinations(chosen, 2)), reverse=True)

    n = len(vectors)
    apart = [[float(np.linalg.norm(v - w)) for w in vectors] for v in vectors]
    return vectors[list(min(combinations(range(n), n - f), key=spread))].mean(axis=0)


def test_equals_the_definition(cases, agrees):
    for _, f, vectors in cases:
        agrees(Mda(f), vectors, naive(vectors, f))


def test_by_hand():
    column = torch.tensor([0.0, 1.0, 3.5, 4.0, 90.0])[:, None]
    assert Mda(2)(column).item() == pytest.approx((1.0 + 3.5 + 4.0) / 3)


def test_of_sets_that_share_their_farthest_pair_the_tighter_one_is_taken():
    """The poles must both stay; of the two points between them the nearer to both does."""
    vectors = torch.tensor([[10.0, 0.0], [-10.0, 0.0], [0.0, 3.0], [0.0, 1.0]]).double()
    vectors = torch.cat([vectors, 1e3 * torch.eye(2).double()])
    weights = Mda(3).weights(vectors @ vectors.T)
    assert weights.nonzero().flatten().tolist() == [0, 2, 3]
    weights = Mda(2).weights(vectors[:5] @ vectors[:5].T)
    assert weights.nonzero().flatten().tolist() == [0, 2, 3]


def test_far_liars_are_out():
    honest = torch.randn(14, 30, generator=torch.Generator().manual_seed(0)).double()
    for scale in (1e3, 1e30):
        lies = scale * torch.randn(11, 30, generator=torch.Generator().manual_seed(1)).double()
        out = Mda(11)(torch.cat([lies, honest]))
        torch.testing.assert_close(out, honest.mean(dim=0))
