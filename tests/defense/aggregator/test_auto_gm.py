"""AutoGM: the conditions that its two variables must meet together."""

import numpy as np
import pytest
import torch

from robusttrain.defense.aggregator.auto_gm import AutoGm, onto_simplex
from robusttrain.defense.aggregator.geometric_median import GeometricMedian


def objective(vectors, point, mass, lamb):
    distances = np.linalg.norm(vectors - point, axis=1)
    return mass @ distances + lamb / 2 * (mass**2).sum()


def best_mass(distances, lamb):
    """By bisection on eta."""
    low, high = distances.min(), distances.max() + lamb
    for _ in range(200):
        eta = (low + high) / 2
        low, high = (eta, high) if np.maximum(0, eta - distances).sum() < lamb else (low, eta)
    return np.maximum(0, high - distances) / lamb


@pytest.mark.parametrize("lamb", [0.5, 30.0])
def test_is_a_fixed_point_and_no_worse_than_the_geometric_median(cases, lamb):
    for n, _, vectors in cases[3::4]:
        found = AutoGm(lamb, 1000)(torch.from_numpy(vectors)).numpy()
        mass = best_mass(np.linalg.norm(vectors - found, axis=1), lamb)
        point = found
        for _ in range(1000):
            inverse = mass / np.maximum(np.linalg.norm(vectors - point, axis=1), 1e-9)
            point = inverse @ vectors / inverse.sum()
        value = objective(vectors, found, mass, lamb)
        assert value <= objective(vectors, point, mass, lamb) * (1 + 1e-5)
        start = GeometricMedian()(torch.from_numpy(vectors)).numpy()
        assert value <= objective(vectors, start, np.full(n, 1 / n), lamb) * (1 + 1e-9)


def test_a_large_lamb_is_the_geometric_median(cases):
    for _, _, vectors in cases[::5]:
        vectors = torch.from_numpy(vectors)
        torch.testing.assert_close(
            AutoGm(1e9)(vectors), GeometricMedian()(vectors), rtol=1e-4, atol=1e-4
        )


@pytest.mark.parametrize("point", [[0.2, 0.3, 0.5], [5.0, 0.0], [-1e30, 0.0, 0.1], [7.0]])
def test_projection(point):
    point = torch.tensor(point).double()
    found = onto_simplex(point)
    assert found.min() >= 0
    assert found.sum().item() == pytest.approx(1)
    shift = (found - point)[found > 0]
    assert shift.max() - shift.min() < 1e-12
    assert (point[found == 0] + shift.max() <= 1e-12).all()


@pytest.mark.parametrize("keys", [{"lamb": 0.0}, {"iterations": 0}])
def test_bad_parameters_are_refused(keys):
    with pytest.raises(ValueError, match=r"auto_gm needs|iterations=0 must"):
        AutoGm(**keys)
