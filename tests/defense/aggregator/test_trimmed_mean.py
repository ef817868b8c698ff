"""The trimmed mean against a sort, and its precondition."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from robusttrain.defense.aggregator.mean import Mean
from robusttrain.defense.aggregator.median import Median
from robusttrain.defense.aggregator.trimmed_mean import TrimmedMean

TINY = 1e-44  # float32 has no finer steps near zero
FINITE = st.floats(-1e6, 1e6, width=32)
SHAPES = st.tuples(st.integers(1, 20), st.integers(1, 6))


def test_by_hand():
    vectors = torch.tensor([[9.0, 0.0], [1.0, 1.0], [2.0, -50.0], [100.0, 2.0], [3.0, 5.0]])
    expected = torch.tensor([14 / 3, 1.0])
    torch.testing.assert_close(TrimmedMean(f=1)(vectors), expected)


@settings(max_examples=60, deadline=None)
@given(SHAPES.flatmap(lambda shape: arrays("f4", shape, elements=FINITE)), st.integers(0, 9))
def test_equals_a_sort(vectors, f):
    n = len(vectors)
    f = min(f, (n - 1) // 2)
    expected = np.sort(vectors.astype("f8"), axis=0)[f : n - f].mean(axis=0)
    found = TrimmedMean(f)(torch.from_numpy(vectors)).numpy()
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6 * np.abs(vectors).max() + TINY)


def test_equals_a_sort_beyond_the_sorting_network():
    vectors = np.random.default_rng(0).normal(size=(80, 33))
    expected = np.sort(vectors, axis=0)[9:71].mean(axis=0)
    np.testing.assert_allclose(TrimmedMean(9)(torch.from_numpy(vectors)).numpy(), expected)


def test_nothing_trimmed_is_the_mean_and_all_but_one_the_median():
    vectors = torch.randn(9, 20, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(TrimmedMean(0)(vectors), Mean()(vectors))
    assert torch.equal(TrimmedMean(4)(vectors), Median()(vectors))


@pytest.mark.parametrize(("n", "f"), [(1, 1), (4, 2), (5, 3)])
def test_the_precondition_is_explained(n, f):
    with pytest.raises(
        ValueError, match=rf"trimmed_mean needs n >= 2f\+1; got n={n}, f={f}; lower"
    ):
        TrimmedMean(f).check(n)


@pytest.mark.parametrize(("n", "f"), [(1, 0), (3, 1), (5, 2)])
def test_the_least_number_of_vectors_is_enough(n, f):
    TrimmedMean(f).check(n)
    assert TrimmedMean(f).tolerates(n) == f
