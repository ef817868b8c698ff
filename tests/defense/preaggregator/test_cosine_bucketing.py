"""Buckets across directions."""

import numpy as np
import pytest
import torch

from robusttrain.defense.preaggregator.cosine_bucketing import CosineBucketing


def members(stage, vectors, seed=0):
    gram = vectors @ vectors.T
    matrix = stage.mixing(len(vectors), gram, np.random.default_rng(seed))
    return [set(row.nonzero().flatten().tolist()) for row in matrix]


@pytest.mark.parametrize(("n", "size"), [(1, 3), (2, 3), (9, 3), (10, 3), (11, 4), (6, 1)])
def test_every_vector_is_in_one_bucket_of_about_the_size(n, size):
    vectors = torch.randn(n, 5, generator=torch.Generator().manual_seed(n)).double()
    buckets = members(CosineBucketing(size), vectors)
    assert len(buckets) == CosineBucketing(size).rows_out(n) == int(np.ceil(n / size))
    assert sorted(i for bucket in buckets for i in bucket) == list(range(n))
    assert max(map(len, buckets)) <= size


@pytest.mark.parametrize("seed", range(5))
def test_no_two_of_a_cluster_share_a_bucket(seed):
    generator = torch.Generator().manual_seed(seed)
    vectors = torch.randn(12, 30, generator=generator).double() + 1
    unit = vectors / vectors.norm(dim=1, keepdim=True)
    order = (unit @ unit.sum(dim=0)).argsort().tolist()
    for bucket in members(CosineBucketing(3), vectors, seed):
        assert sorted(order.index(i) // 4 for i in bucket) == [0, 1, 2]


def test_liars_that_are_alike_are_spread():
    honest = torch.ones(8, 20).double() + 0.1 * torch.randn(
        8, 20, generator=torch.Generator().manual_seed(0)
    )
    lies = -honest[:4]
    for seed in range(5):
        buckets = members(CosineBucketing(3), torch.cat([honest, lies]), seed)
        assert [len(bucket & {8, 9, 10, 11}) for bucket in buckets] == [1, 1, 1, 1]


def test_a_bad_size_is_refused():
    with pytest.raises(ValueError, match=r"size=0 must be a whole number >= 1"):
        CosineBucketing(0)
