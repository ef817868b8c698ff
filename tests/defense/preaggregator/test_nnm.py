"""Nearest-neighbour mixing against its definition."""

import numpy as np
import pytest
import torch

from robusttrain.defense.preaggregator.nnm import Nnm


def naive(vectors, f):
    out = []
    for v in vectors:
        order = np.argsort(np.linalg.norm(vectors - v, axis=1), kind="stable")
        out.append(vectors[order[: len(vectors) - f]].mean(axis=0))
    return np.array(out)


@pytest.mark.parametrize(("n", "f"), [(1, 0), (5, 1), (9, 4), (12, 3)])
def test_equals_the_definition(n, f):
    vectors = np.random.default_rng(n).normal(size=(n, 7)) + 4
    np.testing.assert_allclose(Nnm(f)(torch.from_numpy(vectors)).numpy(), naive(vectors, f))


def test_null_is_as_many_as_n_allows():
    vectors = torch.randn(9, 5, generator=torch.Generator().manual_seed(0))
    assert torch.equal(Nnm()(vectors), Nnm(4)(vectors))


def test_the_honest_come_together():
    honest = torch.randn(9, 50, generator=torch.Generator().manual_seed(0))
    out = Nnm(3)(torch.cat([honest, torch.full((3, 50), 1e5)]))
    mean = honest.mean(dim=0)
    torch.testing.assert_close(out[:9], mean.expand(9, 50), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(("n", "f"), [(4, 2), (1, 1)])
def test_the_precondition(n, f):
    with pytest.raises(ValueError, match=rf"nnm needs n >= 2f\+1; got n={n}, f={f}; lower"):
        Nnm(f)(torch.zeros(n, 2))
