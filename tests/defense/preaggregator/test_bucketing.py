"""Bucketing: a partition into nearly equal buckets."""

from itertools import combinations

import numpy as np
import pytest
import torch

from robusttrain.defense.preaggregator.bucketing import Bucketing


def buckets(n, count, seed=0):
    matrix = Bucketing(count).mixing(n, None, np.random.default_rng(seed))
    return [set(row.nonzero().flatten().tolist()) for row in matrix], matrix


@pytest.mark.parametrize(("n", "count"), [(1, 1), (7, 3), (9, 3), (10, 1), (12, 12), (455, 45)])
def test_every_vector_is_in_one_bucket_and_sizes_differ_by_one_at_most(n, count):
    members, matrix = buckets(n, count)
    sizes = [len(bucket) for bucket in members]
    assert len(members) == count == Bucketing(count).rows_out(n)
    assert sum(sizes) == n
    assert set().union(*members) == set(range(n))
    assert max(sizes) - min(sizes) <= 1
    for bucket, row in zip(members, matrix, strict=True):
        assert set(row[list(bucket)].tolist()) == {1.0 / len(bucket)}


@pytest.mark.parametrize("n", [1, 2, 5])
def test_fewer_vectors_than_buckets_are_one_bucket_each(n):
    members, matrix = buckets(n, 6)
    assert Bucketing(6).rows_out(n) == n
    assert sorted(len(bucket) for bucket in members) == [1] * n
    assert torch.equal(matrix.sum(dim=0), torch.ones(n, dtype=torch.float64))


def test_one_generator_one_partition_another_generator_another():
    assert buckets(40, 6, seed=1)[0] == buckets(40, 6, seed=1)[0]
    assert buckets(40, 6, seed=1)[0] != buckets(40, 6, seed=2)[0]


def test_all_partitions_come_up():
    seen = {frozenset(map(frozenset, buckets(4, 2, seed)[0])) for seed in range(60)}
    assert len(seen) == 3


@pytest.mark.parametrize(("n", "count"), [(8, 3), (6, 6), (5, 9)])
@pytest.mark.parametrize("f", range(6))
def test_the_bound_on_liars_is_exact(n, count, f):
    """No placement of f bad vectors spoils more, and some placement spoils as many."""
    stage = Bucketing(count)
    members, _ = buckets(n, count)
    worst = max(
        sum(bool(bucket & set(bad)) for bucket in members) for bad in combinations(range(n), f)
    )
    assert worst == stage.bad_out(n, f)


def test_means_by_hand():
    vectors = torch.tensor([[1.0, 0.0], [3.0, 10.0], [5.0, 2.0]])
    out = Bucketing(1)(vectors)
    torch.testing.assert_close(out, torch.tensor([[3.0, 4.0]]))
    alone = Bucketing(3)(vectors)
    assert sorted(alone.tolist()) == vectors.tolist()


@pytest.mark.parametrize("count", [0, -3])
def test_a_bad_number_of_buckets_is_refused(count):
    with pytest.raises(ValueError, match=f"buckets={count} must be a whole number >= 1"):
        Bucketing(count)


@pytest.mark.parametrize(("n", "size", "rows"), [(9, 3, 3), (10, 3, 4), (2, 5, 1), (7, 1, 7)])
def test_by_size_as_many_buckets_as_are_needed(n, size, rows):
    stage = Bucketing(size=size)
    matrix = stage.mixing(n, None, np.random.default_rng(0))
    assert len(matrix) == stage.rows_out(n) == rows
    assert (matrix > 0).sum(dim=1).max() <= size
    assert torch.equal(matrix, Bucketing(rows).mixing(n, None, np.random.default_rng(0)))


@pytest.mark.parametrize("keys", [{}, {"buckets": 3, "size": 3}, {"buckets": 4, "size": 2}])
def test_exactly_one_of_buckets_and_size_is_given(keys):
    with pytest.raises(ValueError, match="one of buckets and size"):
        Bucketing(**keys)


def test_a_bad_size_is_refused():
    with pytest.raises(ValueError, match="size=0 must be a whole number >= 1"):
        Bucketing(size=0)
