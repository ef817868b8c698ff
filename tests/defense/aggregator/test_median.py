"""The coordinate-wise median against NumPy's."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from robusttrain.defense.aggregator.base import combine
from robusttrain.defense.aggregator.median import Median

FINITE = st.floats(-1e6, 1e6, width=32)
SHAPES = st.tuples(st.integers(1, 20), st.integers(1, 6))


@pytest.mark.parametrize(
    ("column", "middle"),
    [([7.0], 7.0), ([1.0, 4.0], 2.5), ([9.0, 1.0, 5.0], 5.0), ([8.0, 2.0, 100.0, 4.0], 6.0)],
)
def test_by_hand(column, middle):
    assert Median()(torch.tensor(column)[:, None]).item() == middle


@settings(max_examples=60, deadline=None)
@given(SHAPES.flatmap(lambda shape: arrays("f4", shape, elements=FINITE)))
def test_equals_numpy(vectors):
    found = Median()(torch.from_numpy(vectors)).numpy()
    np.testing.assert_allclose(found, np.median(vectors.astype("f8"), axis=0), rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("n", [2, 15, 44, 63, 64, 65, 66, 90])
@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_equals_numpy_on_both_sides_of_the_sorting_network(n, dtype):
    vectors = np.random.default_rng(n).normal(size=(n, 33)).astype(dtype)
    found = Median()(torch.from_numpy(vectors)).numpy()
    np.testing.assert_allclose(found, np.median(vectors, axis=0), rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("n", [14, 15])
def test_blocks_and_order_do_not_change_a_bit(n):
    vectors = torch.randn(n, 50, generator=torch.Generator().manual_seed(n))
    whole = Median()(vectors)
    for width in (1, 7, 16, 49):
        assert torch.equal(combine(vectors.split(width, dim=1), Median()), whole)
    assert torch.equal(Median()(vectors.flip(0)), whole)


@pytest.mark.parametrize("n", [9, 10])
def test_stays_within_the_honest_range(n):
    liars = Median().tolerates(n)
    honest = torch.randn(n - liars, 30, generator=torch.Generator().manual_seed(0))
    for lie in (1e38, -1e38):
        out = Median()(torch.cat([honest, torch.full((liars, 30), lie)]))
        assert (honest.min(dim=0).values <= out).all()
        assert (out <= honest.max(dim=0).values).all()


@pytest.mark.parametrize("n", [9, 10])
def test_one_more_liar_takes_it_over(n):
    liars = Median().tolerates(n) + 1
    vectors = torch.cat([torch.zeros(n - liars, 3), torch.full((liars, 3), 1e6)])
    assert (Median()(vectors) >= 5e5).all()


def test_the_result_is_no_view_of_the_input():
    vectors = torch.zeros(3, 2)
    Median()(vectors).fill_(1.0)
    assert torch.equal(vectors, torch.zeros(3, 2))
