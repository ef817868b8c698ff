"""Krum against its definition, by hand, and where it is known to fail."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn.functional import cosine_similarity, normalize

from robusttrain.defense.aggregator.base import combine
from robusttrain.defense.aggregator.geometric_median import GeometricMedian
from robusttrain.defense.aggregator.krum import Krum


def naive(vectors, f):
    n = len(vectors)
    scores = []
    for i in range(n):
        others = [((vectors[i] - vectors[j]) ** 2).sum() for j in range(n) if j != i]
        scores.append(sum(sorted(others)[: n - f - 2]))
    return int(np.argmin(scores))


@settings(max_examples=80, deadline=None)
@given(st.integers(0, 4), st.integers(0, 6), st.integers(1, 12), st.integers(0, 2**32 - 1))
def test_equals_the_definition(f, more, d, seed):
    vectors = np.random.default_rng(seed).normal(size=(2 * f + 3 + more, d))
    found = Krum(f)(torch.from_numpy(vectors)).numpy()
    np.testing.assert_array_equal(found, vectors[naive(vectors, f)])


@pytest.mark.parametrize(
    ("points", "f", "chosen"),
    [
        ([[0], [1], [3], [7], [100]], 1, 1),
        ([[100], [7], [3], [1], [0]], 1, 3),
        ([[0], [10], [11]], 0, 1),
        ([[9, 9], [1, 0], [0, 0], [3, 3], [0, 2]], 1, 2),
    ],
)
def test_by_hand(points, f, chosen):
    vectors = torch.tensor(points, dtype=torch.float32)
    assert torch.equal(Krum(f)(vectors), vectors[chosen])


def test_the_lowest_of_two_equals_is_chosen():
    assert Krum(1).weights(torch.zeros(5, 5, dtype=torch.float64)).argmax() == 0


def test_blocks_and_order_do_not_change_a_bit():
    vectors = torch.randn(11, 50, generator=torch.Generator().manual_seed(0))
    whole = Krum(3)(vectors)
    for width in (1, 7, 16, 49):
        assert torch.equal(combine(vectors.split(width, dim=1), Krum(3)), whole)
    assert torch.equal(Krum(3)(vectors.flip(0)), whole)


@pytest.mark.parametrize("seed", range(5))
def test_a_common_translation_does_not_change_the_choice(seed):
    vectors = torch.randn(9, 20, generator=torch.Generator().manual_seed(seed)).double()
    chosen = [naive((vectors + shift).numpy(), 2) for shift in (0.0, 1e3)]
    assert chosen[0] == chosen[1]
    for shift in (0.0, 1e3, 1e6):
        assert torch.equal(Krum(2)(vectors + shift), (vectors + shift)[chosen[0]])


@pytest.mark.parametrize("scale", [1e2, 1e6, 1e15, 1e30])
def test_far_liars_are_never_chosen(scale):
    generator = torch.Generator().manual_seed(0)
    for f in (1, 3, 5):
        honest, lies = torch.randn(f + 3, 8, generator=generator), torch.ones(f, 8) * scale
        out = Krum(f)(torch.cat([lies, honest]))
        assert (honest == out).all(dim=1).any()


@pytest.mark.parametrize("seed", range(3))
def test_small_opposite_lies_win_under_large_noise(seed):
    """Krum's known weakness, which must not be hidden; the geometric median has not got it."""
    d, n, f = 1000, 25, 5
    generator = torch.Generator().manual_seed(seed)
    centre = normalize(torch.randn(d, generator=generator), dim=0)
    honest = centre + 4 * normalize(torch.randn(n - f, d, generator=generator), dim=1)
    mean = honest.mean(dim=0)
    lie = -0.5 * mean
    vectors = torch.cat([honest, lie.expand(f, d)])
    krum, median = Krum(f)(vectors), GeometricMedian()(vectors)
    assert torch.equal(krum, lie)
    assert cosine_similarity(krum, mean, dim=0) == pytest.approx(-1.0, abs=1e-5)
    assert cosine_similarity(median, mean, dim=0) > 0.99


@pytest.mark.parametrize(("n", "f"), [(2, 0), (4, 1), (6, 2)])
def test_the_precondition_is_explained(n, f):
    with pytest.raises(ValueError, match=rf"krum needs n >= 2f\+3; got n={n}, f={f}; lower"):
        Krum(f).check(n)


@pytest.mark.parametrize(("n", "f"), [(3, 0), (5, 1), (7, 2)])
def test_the_least_number_of_vectors_is_enough(n, f):
    Krum(f).check(n)
    assert Krum(f).tolerates(n) == f
