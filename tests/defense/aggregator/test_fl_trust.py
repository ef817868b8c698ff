"""FLTrust against its definition."""

import numpy as np
import pytest
import torch

from robusttrain.defense.aggregate import aggregate
from robusttrain.defense.aggregator.base import combine
from robusttrain.defense.aggregator.fl_trust import FlTrust
from robusttrain.defense.aggregator.mix_tailor import MixTailor
from robusttrain.defense.preaggregator.bucketing import Bucketing
from robusttrain.defense.preaggregator.nnm import Nnm


def naive(vectors, g):
    size, total, sum_ = np.linalg.norm(g), 0.0, np.zeros_like(g)
    for v in vectors:
        trust = max(0.0, v @ g / np.linalg.norm(v) / size)
        sum_ = sum_ + trust * size / np.linalg.norm(v) * v
        total += trust
    return sum_ / total if total else g


def test_equals_the_definition(cases):
    for n, _, vectors in cases:
        for root in (vectors.mean(axis=0), 3 * vectors[n // 2] + 1):
            out = FlTrust()(torch.from_numpy(vectors), root=torch.from_numpy(root))
            np.testing.assert_allclose(out.numpy(), naive(vectors, root), rtol=1e-8, atol=1e-8)
            blocks = torch.from_numpy(vectors).float().split(2, dim=1)
            single = combine(blocks, FlTrust(), root=torch.from_numpy(root).float())
            np.testing.assert_allclose(single.numpy(), naive(vectors, root), rtol=1e-4, atol=1e-4)


def test_with_nobody_alike_it_is_the_root():
    vectors = torch.tensor([[-1.0, 0.0], [0.0, -5.0], [0.0, 0.0]])
    assert FlTrust()(vectors, root=torch.tensor([1.0, 1.0])).tolist() == [1.0, 1.0]


def test_a_root_of_zeros_moves_nothing():
    assert FlTrust()(torch.randn(5, 3), root=torch.zeros(3)).tolist() == [0.0, 0.0, 0.0]


def test_all_may_lie():
    rng = np.random.default_rng(0)
    for _ in range(20):
        vectors = rng.normal(size=(9, 5)) * 10.0 ** rng.uniform(-3, 9, size=(9, 1))
        root = rng.normal(size=5)
        out = FlTrust()(torch.from_numpy(vectors), root=torch.from_numpy(root)).numpy()
        assert np.linalg.norm(out) <= np.linalg.norm(root) * (1 + 1e-9)
        assert out @ root >= 0


@pytest.mark.parametrize("stage", [Nnm(f=1), Bucketing(size=2)])
def test_pre_aggregators_mix_the_vectors_and_leave_the_root(stage):
    generator = torch.Generator().manual_seed(0)
    vectors, root = torch.randn(7, 4, generator=generator).double(), torch.ones(4).double()
    expected = FlTrust()(stage(vectors), root=root)
    torch.testing.assert_close(aggregate(vectors, FlTrust(), [stage], root=root), expected)


@pytest.mark.parametrize(
    ("root", "words"),
    [
        (None, "fl_trust needs a gradient of the server's own; got none; set defense.root_samples"),
        (torch.tensor([1.0, torch.nan]), "fl_trust needs a finite root; got one with NaN or Inf"),
        (torch.ones(1, 2), r"fl_trust takes a floating root \[d\]; got \[1, 2\]"),
        ([1.0, 2.0], r"fl_trust takes a floating root \[d\]; got list"),
        (torch.ones(1), "the root has 1 coordinates, the vectors have 2"),
        (torch.ones(3), "the root has 3 coordinates, the vectors have 2"),
    ],
)
def test_the_root_must_be_a_finite_vector_of_the_vectors_size(root, words):
    with pytest.raises(ValueError, match=words):
        FlTrust()(torch.ones(3, 2), root=root)


def test_in_a_pool_it_is_given_the_root():
    pool, vectors, root = MixTailor([FlTrust()]), torch.ones(3, 2), torch.tensor([2.0, 0.0])
    assert pool.needs_root
    torch.testing.assert_close(pool(vectors, root=root), FlTrust()(vectors, root=root))
    with pytest.raises(ValueError, match="needs a gradient of the server's own; got none"):
        pool(vectors)


def test_arrays_give_an_array():
    vectors, root = np.array([[0.0, 512.0], [0.0, -4.0]]), np.array([0.0, 1.0])
    for out in (FlTrust()(vectors, root=root), aggregate(list(vectors), FlTrust(), root=root)):
        assert isinstance(out, np.ndarray)
        assert out.tolist() == [0.0, 1.0]
    with pytest.raises(ValueError, match=r"takes a floating root \[d\]; got ndarray"):
        FlTrust()(vectors, root=np.array([0, 1]))
