"""CAF against a plain loop with full covariances."""

import numpy as np
import torch

from robusttrain.defense.aggregator.caf import Caf


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


def test_far_liars_have_no_weight():
    honest = torch.randn(9, 6, generator=torch.Generator().manual_seed(0)).double()
    liars = 1e6 * torch.randn(3, 6, generator=torch.Generator().manual_seed(1)).double()
    weights = Caf(3).weights(torch.cat([honest, liars]) @ torch.cat([honest, liars]).T)
    assert weights[9:].max() < 1e-9
