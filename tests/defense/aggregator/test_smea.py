"""SMEA against all subsets and full covariances."""

from itertools import combinations

import numpy as np
import torch

from robusttrain.defense.aggregator.smea import Smea


def top(vectors):
    return np.linalg.norm(vectors - vectors.mean(axis=0), ord=2) if len(vectors) > 1 else 0.0


def naive(vectors, f):
    n = len(vectors)
    sets = [list(s) for s in combinations(range(n), n - f)]
    return vectors[min(sets, key=lambda s: top(vectors[s]))].mean(axis=0)


def test_equals_the_definition(cases, agrees):
    for _, f, vectors in cases:
        agrees(Smea(f), vectors, naive(vectors, f))


def test_beyond_the_limit_no_single_exchange_helps(cases):
    for n, f, vectors in cases:
        weights = Smea(f, limit=0).weights(torch.from_numpy(vectors @ vectors.T)).numpy()
        kept, out = np.flatnonzero(weights), np.flatnonzero(weights == 0)
        assert len(kept) == n - f
        for i in kept:
            for j in out:
                exchanged = [k for k in kept if k != i] + [j]
                assert top(vectors[exchanged]) >= top(vectors[kept]) * (1 - 1e-6)


def test_far_liars_are_out_however_many_sets_there_are():
    honest = torch.randn(13, 30, generator=torch.Generator().manual_seed(0)).double()
    lies = 1e6 * torch.randn(12, 30, generator=torch.Generator().manual_seed(1)).double()
    torch.testing.assert_close(Smea(12)(torch.cat([lies, honest])), honest.mean(dim=0))


def test_up_to_the_limit_it_is_better_than_a_local_minimum():
    vectors = torch.randn(11, 6, generator=torch.Generator().manual_seed(7)).double()
    found, local = Smea(5), Smea(5, limit=461)  # of 462 sets
    kept = [rule.weights(vectors @ vectors.T).nonzero().flatten() for rule in (found, local)]
    assert top(vectors[kept[0]].numpy()) < top(vectors[kept[1]].numpy()) * (1 - 1e-6)
    torch.testing.assert_close(Smea(5, limit=462)(vectors), found(vectors))
