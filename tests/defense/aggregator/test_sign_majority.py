"""The majority of signs, counted by hand."""

import numpy as np
import torch

from robusttrain.defense.aggregator.sign_majority import SignMajority


def naive(vectors):
    ups, downs = (vectors > 0).sum(axis=0), (vectors < 0).sum(axis=0)
    return np.where(ups > downs, 1.0, np.where(ups < downs, -1.0, 0.0))


def test_equals_a_count(cases, agrees):
    for _, _, vectors in cases:
        agrees(SignMajority(), vectors, naive(vectors))


def test_ties_and_zeros():
    vectors = torch.tensor([[1.0, 0.0, -0.0, 5.0], [-9.0, 0.0, 2.0, 5.0], [0.0, 0.0, 0.0, -1e9]])
    assert SignMajority()(vectors).tolist() == [0.0, 0.0, 1.0, 1.0]


def test_size_is_not_seen():
    vectors = torch.randn(9, 30, generator=torch.Generator().manual_seed(0))
    scale = torch.rand(9, 1, generator=torch.Generator().manual_seed(1)) + 0.1
    assert torch.equal(SignMajority()(scale * vectors), SignMajority()(vectors))
