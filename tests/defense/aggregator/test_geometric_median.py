"""The geometric median against its optimality condition and a plain Weiszfeld iteration."""

import pytest
import torch

from robusttrain.defense.aggregator.geometric_median import GeometricMedian


def draw(n, d, seed=0):
    return torch.randn(n, d, generator=torch.Generator().manual_seed(seed)).double()


def objective(point, vectors):
    return (vectors - point).norm(dim=1).sum()


def naive(vectors, steps=5000):
    point = vectors.mean(dim=0)
    for _ in range(steps):
        inverse = 1 / (vectors - point).norm(dim=1).clamp(min=1e-12)
        point = inverse @ vectors / inverse.sum()
    return point


SETS = [(6, 2), (6, 3), (15, 40), (25, 4)]


@pytest.mark.parametrize(("n", "d"), SETS)
def test_the_unit_vectors_cancel(n, d):
    vectors = draw(n, d)
    difference = GeometricMedian()(vectors) - vectors
    pull = (difference / difference.norm(dim=1, keepdim=True)).sum(dim=0)
    assert pull.norm() < 1e-6


@pytest.mark.parametrize(("n", "d"), SETS)
@pytest.mark.parametrize("size", [1e-3, 0.1, 1.0])
def test_no_point_nearby_is_better(n, d, size):
    vectors = draw(n, d)
    found = GeometricMedian()(vectors)
    least = objective(found, vectors)
    for step in draw(50, d, seed=1):
        assert least <= objective(found + size * step, vectors) + 1e-12


@pytest.mark.parametrize(("n", "d"), SETS)
def test_equals_a_plain_weiszfeld_iteration(n, d):
    vectors = draw(n, d)
    torch.testing.assert_close(GeometricMedian()(vectors), naive(vectors), rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize(
    ("points", "median"),
    [
        ([[5.0]], [5.0]),
        ([[1.0], [4.0]], [2.5]),
        ([[0.0], [1.0], [10.0]], [1.0]),
        ([[-1.0, 0.0], [3.0, 0.0], [0.0, -2.0], [0.0, 1.0]], [0.0, 0.0]),
        ([[0.0, 0.0], [2.0, 0.0], [1.0, 3.0**0.5]], [1.0, 3.0**-0.5]),
        ([[0.0, 0.0], [9.0, 1.0], [-9.0, 1.0]], [0.0, 0.0]),
    ],
    ids=["alone", "midpoint", "line", "diagonals", "equilateral", "obtuse"],
)
def test_by_hand(points, median):
    found = GeometricMedian()(torch.tensor(points, dtype=torch.float64))
    expected = torch.tensor(median, dtype=torch.float64)
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-4)


def test_a_majority_at_one_point_wins():
    vectors = torch.cat([torch.ones(6, 3), 1e3 * draw(5, 3).float()])
    torch.testing.assert_close(GeometricMedian()(vectors), torch.ones(3), rtol=0, atol=1e-2)


@pytest.mark.parametrize("scale", [1e3, 1e6, 1e9, 1e12, 1e20, 1e30])
def test_the_distance_of_the_liars_does_not_matter(scale):
    """In the limit a far liar pulls by its direction alone, so the output must settle."""
    honest, direction = draw(10, 6), draw(1, 6, seed=1)
    direction = direction / direction.norm()

    def attacked(size):
        return GeometricMedian()(torch.cat([honest, size * direction.expand(4, 6)]))

    assert (attacked(scale) - attacked(1e3)).norm() < 0.05


@pytest.mark.parametrize(
    "keys", [{"smoothing": 0.0}, {"smoothing": -1.0}, {"iterations": 0}, {"tolerance": -1e-9}]
)
def test_bad_parameters_are_refused(keys):
    with pytest.raises(ValueError, match=r"geometric_median needs|iterations=0 must"):
        GeometricMedian(**keys)
