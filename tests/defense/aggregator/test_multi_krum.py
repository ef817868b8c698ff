"""Multi-Krum against its definition."""

import numpy as np
import pytest
import torch
from torch.nn.functional import cosine_similarity, normalize

from robusttrain.defense.aggregator.krum import Krum
from robusttrain.defense.aggregator.multi_krum import MultiKrum


def naive(vectors, f, m):
    n, scores = len(vectors), []
    for v in vectors:
        nearest = sorted(((vectors - v) ** 2).sum(axis=1))[1 : n - f - 1]
        scores.append(sum(nearest))
    return vectors[np.argsort(scores, kind="stable")[:m]].mean(axis=0)


def test_equals_the_definition(cases, agrees):
    for n, f, vectors in cases:
        agrees(MultiKrum(f), vectors, naive(vectors, f, n - f - 2))
        agrees(MultiKrum(f, n - f), vectors, naive(vectors, f, n - f))


def test_one_is_krum():
    vectors = torch.randn(11, 7, generator=torch.Generator().manual_seed(0))
    assert torch.equal(MultiKrum(3, 1)(vectors), Krum(3)(vectors))


def test_all_without_liars_is_the_mean():
    vectors = torch.randn(5, 7, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(MultiKrum(0, 5)(vectors), vectors.mean(dim=0))


@pytest.mark.parametrize("m", [0, 6, -1])
def test_m_is_checked(m):
    with pytest.raises(ValueError, match=rf"(m <= n-f; got n=7, f=2, |^aggregator\.)m={m}"):
        MultiKrum(2, m).check(7)


def test_under_large_noise_it_does_better_than_krum_and_worse_than_it_should():
    found = []
    for seed in range(5):
        generator = torch.Generator().manual_seed(seed)
        centre = normalize(torch.randn(1000, generator=generator), dim=0)
        honest = centre + 4 * normalize(torch.randn(20, 1000, generator=generator), dim=1)
        mean = honest.mean(dim=0)
        out = MultiKrum(5)(torch.cat([honest, (-0.5 * mean).expand(5, 1000)]))
        found.append(cosine_similarity(out, mean, dim=0).item())
    assert 0.7 < np.mean(found) < 0.95
