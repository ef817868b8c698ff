"""Adaptive robust clipping against its definition."""

import numpy as np
import pytest
import torch

from robusttrain.defense.preaggregator.arc import Arc


def naive(vectors, f):
    n = len(vectors)
    k = int(np.floor(2 * (f / n) * (n - f) + 1e-9))
    lengths = np.linalg.norm(vectors, axis=1)
    limit = np.sort(lengths)[::-1][k]
    return vectors * np.minimum(1, limit / lengths)[:, None]


@pytest.mark.parametrize(("n", "f"), [(1, 0), (5, 1), (9, 4), (12, 3), (25, 5)])
def test_equals_the_definition(n, f):
    vectors = np.random.default_rng(n).normal(size=(n, 7)) + 1
    np.testing.assert_allclose(Arc(f)(torch.from_numpy(vectors)).numpy(), naive(vectors, f))


def test_at_25_and_5_the_eight_longest_are_clipped():
    vectors = torch.arange(1.0, 26.0)[:, None]
    assert (Arc(5)(vectors) != vectors).sum() == 8
    assert Arc(5)(vectors).max() == 17


def test_null_is_as_many_as_n_allows():
    vectors = torch.arange(1.0, 10.0)[:, None]
    assert torch.equal(Arc()(vectors), Arc(4)(vectors))


def test_the_precondition():
    with pytest.raises(
        ValueError, match=r"arc needs n >= 2f\+1; got n=4, f=2; lower preaggregator\.arc\.f"
    ):
        Arc(2)(torch.zeros(4, 2))
