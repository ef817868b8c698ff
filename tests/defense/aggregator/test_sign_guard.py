"""SignGuard: who is kept, and the clipped mean of those."""

import numpy as np
import pytest
import torch
from sklearn.cluster import MeanShift

from robusttrain.defense.aggregator.base import combine
from robusttrain.defense.aggregator.sign_guard import SignGuard


def naive(vectors, lower, upper):
    n = len(vectors)
    lengths = np.linalg.norm(vectors, axis=1)
    middle = np.sort(lengths)[(n - 1) // 2]
    shares = np.stack([(vectors > 0).mean(1), (vectors == 0).mean(1), (vectors < 0).mean(1)], 1)
    apart = np.linalg.norm(shares[:, None] - shares, axis=2)
    width = np.sort(apart, axis=1)[:, n // 2 - 1].mean()
    labels = MeanShift(bandwidth=width).fit(shares).labels_
    kept = labels == np.bincount(labels).argmax()
    kept &= (lengths >= lower * middle) & (lengths <= upper * middle)
    if not kept.any():
        kept[:] = True
    return np.mean([vectors[i] * min(1, middle / lengths[i]) for i in np.flatnonzero(kept)], axis=0)


def test_equals_the_definition():
    rng = np.random.default_rng(0)
    for n, d in [(9, 30), (12, 100), (25, 60)]:
        vectors = rng.normal(size=(n, d)) + 0.4
        vectors[:2] *= -3
        vectors[2] *= 50
        found = SignGuard()(torch.from_numpy(vectors)).numpy()
        np.testing.assert_allclose(found, naive(vectors, 0.1, 3.0), atol=1e-10)


def test_flipped_and_long_vectors_are_left_out():
    generator = torch.Generator().manual_seed(0)
    honest = torch.randn(9, 4000, generator=generator).double() * 0.5 + 0.3
    flipped, long = -honest[:2], 40 * honest[:1]
    out = SignGuard()(torch.cat([honest, flipped, long]))
    middle = torch.cat([honest, flipped, long]).norm(dim=1).median()
    factors = (middle / honest.norm(dim=1)).clamp(max=1)
    torch.testing.assert_close(out, (factors[:, None] * honest).mean(dim=0), rtol=0.05, atol=0.05)


def test_signs_are_counted_over_all_blocks():
    vectors = torch.randn(11, 50, generator=torch.Generator().manual_seed(0)).double() + 0.5
    vectors[:3] *= -1
    whole = SignGuard()(vectors)
    for width in (1, 7, 49):
        found = combine(vectors.split(width, dim=1), SignGuard())
        torch.testing.assert_close(found, whole)


def test_bad_parameters_are_refused():
    for keys in ({"lower": -0.1}, {"lower": 1.5}, {"upper": 0.9}):
        with pytest.raises(ValueError, match="sign_guard needs"):
            SignGuard(**keys)


def test_lengths_beyond_the_limits_are_left_out():
    """All of one direction, so that only lengths tell them apart."""
    lengths = torch.tensor([1.0, 1.0, 1.0, 1.0, 1.0, 0.09, 0.11, 2.9, 3.1]).double()
    vectors = lengths[:, None] * draw_one()
    expected = (5 + 0.11 + 1.0) / 7 * draw_one()[0]
    torch.testing.assert_close(SignGuard()(vectors), expected)


def draw_one():
    return torch.randn(1, 40, generator=torch.Generator().manual_seed(0)).double()
