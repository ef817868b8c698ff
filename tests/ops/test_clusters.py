"""Clusters against scikit-learn's."""

import numpy as np
import pytest
from sklearn.cluster import HDBSCAN, MeanShift

from robusttrain.ops.clusters import largest_by_mean_shift, majority_by_linkage


def points(seed, n):
    rng = np.random.default_rng(seed)
    return np.concatenate([rng.normal(size=(n - n // 3, 3)), rng.normal(size=(n // 3, 3)) + 3])


@pytest.mark.parametrize("seed", range(12))
def test_mean_shift_agrees(seed):
    where = points(seed, 9 + seed)
    apart = np.sort(np.linalg.norm(where[:, None] - where, axis=2), axis=1)
    labels = MeanShift(bandwidth=apart[:, len(where) // 2 - 1].mean()).fit(where).labels_
    assert (largest_by_mean_shift(where) == (labels == np.bincount(labels).argmax())).all()


@pytest.mark.parametrize("n", [1, 2, 3])
def test_few_and_equal_points(n):
    assert largest_by_mean_shift(np.zeros((n, 3))).all()
    assert majority_by_linkage(np.zeros((n, n))).sum() >= n // 2 + 1


@pytest.mark.parametrize("seed", range(12))
def test_linkage_agrees_with_hdbscan(seed):
    where = points(seed, 9 + seed)
    apart = np.linalg.norm(where[:, None] - where, axis=2)
    found = HDBSCAN(
        min_cluster_size=len(where) // 2 + 1, min_samples=1, metric="precomputed",
        allow_single_cluster=True, copy=True,
    ).fit(apart)  # fmt: skip
    assert (majority_by_linkage(apart) == (found.labels_ >= 0)).all()
