"""CAF against a plain loop with full covariances."""

import numpy as np
import pytest
import torch

from robusttrain.defense.aggregator.caf import Caf
from robusttrain.ops.gram import centred_gram


def naive(vectors, f):
    n = len(vectors)
    c, best, least = np.ones(n), None, np.inf
    while True:
        mu = c @ vectors / c.sum()
        centred = vectors - mu
        values, directions = np.linalg.eigh((c[:, None] * centred).T @ centred / c.sum())
        if values[-1] < least:
            best, least = mu, values[-1]
        tau = (centred @ directions[:, -1]) ** 2
        c = c * (1 - tau / tau[c > 0].max()).clip(0)
        if c.sum() <= n - 2 * f:
            return best


def test_equals_the_definition(cases, agrees):
    for _, f, vectors in cases:
        agrees(Caf(f), vectors, naive(vectors, f), 1e-6)


def draw(n, d, seed):
    return torch.randn(n, d, generator=torch.Generator().manual_seed(seed)).double()


@pytest.mark.parametrize("sizes", [[1e6] * 5, [3e38] * 5, [3e38, 1e30, 1e22, 1e14, 1e6]])
@pytest.mark.parametrize("alike", [True, False])
def test_far_liars_have_no_weight_whatever_the_rounding(sizes, alike):
    """Exactly none: 1e-16 of a row of 1e38 is 1e22."""
    signs = draw(5, 24, 1).sign()
    lies = torch.tensor(sizes).double()[:, None] * (signs[:1] if alike else signs)
    gram = centred_gram([torch.cat([draw(20, 24, 0), lies])])
    for seed in range(20):
        noise = draw(25, 25, seed)
        ulps = 4 * torch.finfo(torch.float64).eps * (noise + noise.T) / 2
        assert Caf(5).weights(gram * (1 + ulps))[20:].eq(0).all()


def test_five_liars_of_different_kinds_leave_the_mean_of_the_honest():
    sizes = torch.tensor([float("nan"), float("inf"), -3e38, 1e30, 1e-40])
    honest = draw(20, 24, 0).float()
    out = Caf(5)(torch.cat([honest, sizes[:, None].expand(5, 24)]))
    assert (out - honest.mean(dim=0)).norm() < honest.norm(dim=1).max() / 2
