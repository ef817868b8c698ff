"""FLAME: the majority's direction, the median length, and the noise."""

import numpy as np
import pytest
import torch
from sklearn.cluster import HDBSCAN

from robusttrain.defense.aggregator.base import combine
from robusttrain.defense.aggregator.flame import Flame


def draw(n, d, seed=0):
    return torch.randn(n, d, generator=torch.Generator().manual_seed(seed)).double()


def naive(vectors):
    """With scikit-learn's HDBSCAN."""
    lengths = np.linalg.norm(vectors, axis=1)
    cosines = vectors @ vectors.T / lengths / lengths[:, None]
    found = HDBSCAN(
        min_cluster_size=len(vectors) // 2 + 1, min_samples=1, metric="precomputed",
        allow_single_cluster=True, copy=True,
    ).fit((1 - cosines).clip(0))  # fmt: skip
    kept, middle = found.labels_ >= 0, np.sort(lengths)[(len(vectors) - 1) // 2]
    assert kept.any()
    factors = np.minimum(1, middle / lengths)
    return (factors[:, None] * vectors)[kept].mean(axis=0)


def test_without_noise_it_is_the_clipped_mean_of_the_cluster(cases, agrees):
    for n, _, vectors in cases:
        if n >= 5 and vectors.shape[1] > 1:
            agrees(Flame(0.0), vectors, naive(vectors))


def test_the_minority_that_points_elsewhere_is_out():
    honest = draw(9, 40) * 0.3 + 1
    lies = -20 * (draw(8, 40, 1) * 0.01 + 1)
    out = Flame(0.0)(torch.cat([lies, honest]))
    assert torch.nn.functional.cosine_similarity(out, honest.mean(dim=0), dim=0) > 0.99


def test_noise_has_the_announced_size_and_does_not_depend_on_the_blocks():
    vectors = torch.ones(5, 20000) + 0.001 * draw(5, 20000).float()
    plain, noisy = Flame(0.0)(vectors), Flame(0.01)(vectors, np.random.default_rng(3))
    middle = vectors.norm(dim=1).median()
    assert (noisy - plain).std().item() == pytest.approx(0.01 * middle.item(), rel=0.05)
    for width in (1000, 4096):
        blocks = vectors.split(width, dim=1)
        again = combine(blocks, Flame(0.01), rng=np.random.default_rng(3))
        torch.testing.assert_close(again, noisy)
    other = Flame(0.01)(vectors, np.random.default_rng(4))
    assert not torch.allclose(other, noisy, atol=0.01)


def test_two_vectors_are_both_kept():
    vectors = torch.tensor([[1.0, 0.0], [0.0, 1.0]])
    torch.testing.assert_close(Flame(0.0)(vectors), torch.tensor([0.5, 0.5]))


def test_bad_parameters_are_refused():
    with pytest.raises(ValueError, match="flame needs"):
        Flame(-0.1)
