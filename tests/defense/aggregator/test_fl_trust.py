"""FLTrust against its definition."""

import numpy as np
import pytest
import torch

from robusttrain.defense.aggregator.fl_trust import FlTrust


def naive(vectors, trusted):
    g = vectors[trusted]
    size, total, sum_ = np.linalg.norm(g), 0.0, np.zeros_like(g)
    for i, v in enumerate(vectors):
        if i != trusted:
            trust = max(0.0, v @ g / np.linalg.norm(v) / size)
            sum_ = sum_ + trust * size / np.linalg.norm(v) * v
            total += trust
    return sum_ / total if total else g


def test_equals_the_definition(cases, agrees):
    for n, _, vectors in cases:
        for trusted in (0, n // 2):
            agrees(FlTrust(trusted), vectors, naive(vectors, trusted))


def test_with_nobody_alike_it_is_the_trusted_vector():
    vectors = torch.tensor([[1.0, 1.0], [-1.0, 0.0], [0.0, -5.0], [0.0, 0.0]])
    assert FlTrust(0)(vectors).tolist() == [1.0, 1.0]


def test_all_others_may_lie():
    rng = np.random.default_rng(0)
    for _ in range(20):
        vectors = rng.normal(size=(9, 5)) * 10.0 ** rng.uniform(-3, 9, size=(9, 1))
        vectors[4] = rng.normal(size=5)
        out = FlTrust(4)(torch.from_numpy(vectors)).numpy()
        assert np.linalg.norm(out) <= np.linalg.norm(vectors[4]) * (1 + 1e-9)
        assert out @ vectors[4] >= 0


@pytest.mark.parametrize("trusted_row", [-1, 3])
def test_the_trusted_row_must_exist(trusted_row):
    with pytest.raises(
        ValueError,
        match=rf"(got n=3, |aggregator\.)trusted_row={trusted_row}",
    ):
        FlTrust(trusted_row)(torch.zeros(3, 2))
