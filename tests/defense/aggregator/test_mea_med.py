"""MeaMed against a sort by distance."""

import numpy as np
import pytest
import torch

from robusttrain.defense.aggregator.mea_med import MeaMed


def naive(vectors, f):
    out = []
    for column in vectors.T:
        middle = np.median(column)
        near = sorted(column, key=lambda x: (abs(x - middle), x))
        out.append(np.mean(near[: len(column) - f]))
    return np.array(out)


def test_equals_the_definition(cases, agrees):
    for _, f, vectors in cases:
        agrees(MeaMed(f), vectors, naive(vectors, f))


@pytest.mark.parametrize(
    ("column", "f", "out"),
    [([0, 1, 2, 9], 1, 1.0), ([7, 1, 2, 3, 100], 2, 2.0), ([-9, 4, 6, 5], 1, 5.0)],
)
def test_by_hand(column, f, out):
    assert MeaMed(f)(torch.tensor(column).float()[:, None]).item() == out


def test_more_than_the_sorting_network_takes():
    vectors = np.random.default_rng(0).normal(size=(80, 5))
    np.testing.assert_allclose(MeaMed(20)(torch.from_numpy(vectors)).numpy(), naive(vectors, 20))
