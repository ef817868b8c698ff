"""Min-Max: the bound on distances is attained and not exceeded."""

import numpy as np
import pytest
import torch

from robusttrain.threat.attack.min_max import MinMax
from robusttrain.threat.perturbation import DIRECTIONS


def apart(rows, row):
    """The distances of a row to the rows, in float64."""
    return np.linalg.norm(rows.double().numpy() - np.asarray(row, dtype=np.float64), axis=1)


def diameter(rows):
    known = rows.double().numpy()
    return max(np.linalg.norm(a - b) for a in known for b in known)


def searched(rows, kind, within):
    """The paper's search for gamma, carried on to the end: double, then bisect."""
    known = rows.double().numpy()
    mean = known.mean(axis=0)
    away = {
        "unit": mean / np.linalg.norm(mean),
        "sign": np.sign(mean),
        "std": known.std(axis=0),
    }[kind]
    low, high = 0.0, 1.0
    while within(mean - high * away):
        high *= 2
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if within(mean - middle * away) else (low, middle)
    return mean - low * away


@pytest.mark.parametrize("kind", DIRECTIONS)
@pytest.mark.parametrize(("n", "d", "offset"), [(2, 3, 0.3), (5, 40, 0.0), (20, 1000, 2.0)])
def test_rows_are_those_that_a_search_ends_with(knowledge, gradients, kind, n, d, offset):
    known = gradients(n, d, seed=n, offset=offset)
    bound = diameter(known)
    expected = searched(known, kind, lambda row: apart(known, row).max() <= bound)
    rows = MinMax(kind).forge(knowledge(known[:2], known))
    torch.testing.assert_close(rows[0].double(), torch.tensor(expected), rtol=1e-4, atol=1e-5)
    assert torch.equal(rows[0], rows[1])


@pytest.mark.parametrize("kind", DIRECTIONS)
@pytest.mark.parametrize("scale", [1e-8, 1.0, 1e12])
def test_the_bound_is_attained_and_not_exceeded(knowledge, gradients, kind, scale):
    known = scale * gradients(9, 10_000)
    row = MinMax(kind).forge(knowledge(known[:1], known))[0]
    assert apart(known, row).max() == pytest.approx(diameter(known), rel=1e-5)


def test_by_hand(knowledge):
    """On a line: honest 0 and 4, mean 2; the farthest at a distance of 4 from both is 0."""
    known = torch.tensor([[0.0, 5.0], [4.0, 5.0]])
    assert MinMax("std").forge(knowledge(known, known)).tolist() == [[0.0, 5.0]] * 2
    assert MinMax("sign").forge(knowledge(known, known))[0].tolist() == pytest.approx(
        [(3 - 23**0.5) / 2 + 0.5, (3 - 23**0.5) / 2 + 3.5], abs=1.0
    )


def test_honest_are_those_that_nobody_lies_about(knowledge, gradients):
    known, spared = gradients(8, 50), np.arange(8) >= 3
    row = MinMax("std").forge(knowledge(known[:1], known, spared=spared))
    assert torch.equal(row, MinMax("std").forge(knowledge(known[:1], known[3:])))


@pytest.mark.parametrize("direction", ["", "mean", None])
def test_refuses_unknown_directions(direction):
    with pytest.raises(ValueError) as error:
        MinMax(direction)
    assert str(error.value) == (
        f"attack.direction={direction} must be one of unit, sign, std; use std"
    )
