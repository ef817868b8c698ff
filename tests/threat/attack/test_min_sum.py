"""Min-Sum: the bound on the sum of squared distances is attained and not exceeded."""

import numpy as np
import pytest
import torch

from robusttrain.threat.attack.min_max import MinMax
from robusttrain.threat.attack.min_sum import MinSum
from robusttrain.threat.perturbation import DIRECTIONS


def total(rows, row):
    """The sum of the squared distances of a row to the rows, in float64."""
    return float(((rows.double().numpy() - np.asarray(row, dtype=np.float64)) ** 2).sum())


def totals(rows):
    return [total(rows, row) for row in rows.double().numpy()]


@pytest.mark.parametrize("kind", DIRECTIONS)
@pytest.mark.parametrize(("n", "d", "offset"), [(2, 3, 0.3), (5, 40, 0.0), (20, 1000, 2.0)])
def test_the_largest_of_the_sums_is_attained_and_not_exceeded(
    knowledge, gradients, kind, n, d, offset
):
    known = gradients(n, d, seed=n, offset=offset)
    rows = MinSum(kind).forge(knowledge(known[:2], known))
    assert total(known, rows[0]) == pytest.approx(max(totals(known)), rel=1e-5)
    assert torch.equal(rows[0], rows[1])


@pytest.mark.parametrize("kind", DIRECTIONS)
def test_rows_lie_against_the_direction(knowledge, gradients, kind):
    known = gradients(9, 300)
    mean = known.double().mean(dim=0)
    away = {
        "unit": mean,
        "sign": mean.sign(),
        "std": known.double().std(dim=0, correction=0),
    }[kind]
    moved = MinSum(kind).forge(knowledge(known[:1], known))[0].double() - mean
    cosine = torch.nn.functional.cosine_similarity(moved, away, dim=0)
    assert float(cosine) == pytest.approx(-1.0, abs=1e-9)


def test_by_hand(knowledge):
    """Honest 0, 0 and 6, mean 2: the sums are 36, 36 and 72, and row^2 + row^2 + (row - 6)^2 = 72
    is solved by 2 - sqrt(16)."""
    known = torch.tensor([[0.0], [0.0], [6.0]])
    assert MinSum("std").forge(knowledge(known[:1], known)).tolist() == [[pytest.approx(-2.0)]]


def test_it_stays_closer_than_min_max(knowledge, gradients):
    known = gradients(15, 500)
    far, near = (kind("std").forge(knowledge(known[:1], known))[0] for kind in (MinMax, MinSum))
    mean = known.mean(dim=0)
    assert 0 < (near - mean).norm() < (far - mean).norm()


def test_honest_are_those_that_nobody_lies_about(knowledge, gradients):
    known, spared = gradients(8, 50), np.arange(8) >= 3
    row = MinSum("std").forge(knowledge(known[:1], known, spared=spared))
    assert torch.equal(row, MinSum("std").forge(knowledge(known[:1], known[3:])))


def test_refuses_unknown_directions():
    with pytest.raises(ValueError) as error:
        MinSum("mean")
    assert str(error.value) == "attack.direction=mean must be one of unit, sign, std; use std"
