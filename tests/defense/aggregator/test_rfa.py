"""Three Weiszfeld steps from the origin, as published."""

import numpy as np
import pytest
import torch

from robusttrain.defense.aggregator.geometric_median import GeometricMedian
from robusttrain.defense.aggregator.rfa import Rfa


def naive(vectors, steps, nu):
    point = np.zeros(vectors.shape[1])
    for _ in range(steps):
        inverse = 1 / np.maximum(nu, np.linalg.norm(vectors - point, axis=1))
        point = inverse @ vectors / inverse.sum()
    return point


def test_equals_the_definition(cases, agrees):
    for _, _, vectors in cases:
        agrees(Rfa(), vectors, naive(vectors, 3, 1e-6))
        agrees(Rfa(7, 0.5), vectors, naive(vectors, 7, 0.5))


def test_three_steps_are_not_converged_and_many_are():
    vectors = torch.randn(9, 5, generator=torch.Generator().manual_seed(0)).double() + 10
    median = GeometricMedian()(vectors)
    assert (Rfa()(vectors) - median).norm() > 1e-4
    torch.testing.assert_close(Rfa(2000)(vectors), median, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("keys", [{"iterations": 0}, {"smoothing": 0.0}])
def test_bad_parameters_are_refused(keys):
    with pytest.raises(ValueError, match=r"rfa needs|iterations=0 must"):
        Rfa(**keys)
