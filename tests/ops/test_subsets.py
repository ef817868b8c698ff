"""Searches for subsets against enumeration."""

from itertools import combinations

import numpy as np
import pytest

from robusttrain.ops.subsets import flattest, tightest, tightest_of_all


def distances(points):
    return ((points[:, None] - points) ** 2).sum(axis=2)


def lexical(found, chosen):
    return sorted((found[i, j] for i, j in combinations(chosen, 2)), reverse=True)


@pytest.mark.parametrize("seed", range(12))
def test_the_tightest_is_the_tightest(seed):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(2, 12))
    size = int(rng.integers(1, n + 1))
    found = distances(rng.normal(size=(n, int(rng.integers(1, 5)))))
    best = min(combinations(range(n), size), key=lambda s: lexical(found, s))
    if size > 1:
        assert tightest(found, size, 10**6) == list(best)
        assert tightest_of_all(found, size) == list(best)
    else:
        assert len(tightest(found, size, 10**6)) == 1


@pytest.mark.parametrize(("n", "f"), [(25, 5), (25, 12), (40, 10)])
@pytest.mark.parametrize("attacked", [False, True])
def test_large_ones_are_settled_within_the_default_effort(n, f, attacked):
    rng = np.random.default_rng(n + f)
    points = rng.normal(size=(n, 100))
    points[:f] *= 3 if attacked else 1
    found = distances(points)
    chosen = tightest(found, n - f, 200_000)
    assert tightest(found, n - f, 10**7) == chosen
    if attacked:
        assert chosen == list(range(f, n))


def test_without_effort_the_diameter_is_at_most_twice_the_least():
    for seed in range(20):
        points = np.random.default_rng(seed).normal(size=(12, 3))
        found = distances(points)
        least = found[np.ix_(*2 * [tightest(found, 7, 10**6)])].max()
        quick = tightest(found, 7, 0)
        assert len(quick) == 7
        assert found[np.ix_(quick, quick)].max() <= 4 * least


def test_equal_points_and_equal_distances():
    for points in (np.zeros((9, 2)), np.eye(9), np.repeat(np.eye(3), 3, axis=0)):
        chosen = tightest(distances(points), 5, 10**5)
        assert len(set(chosen)) == 5


@pytest.mark.parametrize("seed", range(10))
def test_the_flattest_is_the_flattest(seed):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(3, 12))
    size = int(rng.integers(n // 2 + 1, n + 1))
    points = rng.normal(size=(n, int(rng.integers(1, 40))))
    sets = list(combinations(range(n), size))
    tops = [np.linalg.norm(points[list(s)] - points[list(s)].mean(axis=0), ord=2) for s in sets]
    assert flattest(points @ points.T, size, 10**6) == list(sets[int(np.argmin(tops))])


@pytest.mark.parametrize("limit", [0, 10**6])
@pytest.mark.parametrize("sizes", [(3e38, 1e30), (3e38, -3e38), (1e22, 1e38, 1e8)])
def test_huge_points_do_not_hide_which_of_the_others_are_flattest(sizes, limit):
    for seed in range(5):
        rng = np.random.default_rng(seed)
        points = rng.normal(size=(11, 6))
        lies = np.array(sizes)[:, None] * rng.normal(size=(len(sizes), 6))
        gram = np.concatenate([points, lies])
        chosen = flattest(gram @ gram.T, 10, limit)
        assert max(chosen) < 11
        if limit:
            assert chosen == flattest(points @ points.T, 10, limit)


def test_the_flattest_of_equal_points():
    assert len(flattest(np.ones((7, 7)), 4, 10**6)) == 4
