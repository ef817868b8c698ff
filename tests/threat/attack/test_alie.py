"""A little is enough: the published z and the rows."""

import math

import pytest
import torch

from robusttrain.threat.attack.alie import Alie, published_z
from robusttrain.values import shown


@pytest.mark.parametrize(
    ("workers", "byzantine", "z"),
    [(15, 2, 0.097), (15, 3, 0.210), (15, 4, 0.349), (15, 5, 0.524), (15, 6, 0.765)],
)
def test_published_z(workers, byzantine, z):
    assert published_z(workers, byzantine) == pytest.approx(z, abs=5e-4)


def test_published_z_of_the_original_setting():
    assert published_z(25, 5) == pytest.approx(0.2533, abs=5e-5)


@pytest.mark.parametrize("workers", range(1, 30))
def test_z_is_finite_for_every_number_of_liars(workers):
    found = [published_z(workers, q) for q in range(1, workers + 1)]
    assert all(abs(z) < 10 for z in found)
    assert all(z == 0 for q, z in enumerate(found, start=1) if 2 * q > workers)


@pytest.mark.parametrize(
    ("z", "row"),
    [
        (1.0, [2 - (8 / 3) ** 0.5, 1.0]),
        (0.0, [2.0, 1.0]),
        (-1.5, [2 + 1.5 * (8 / 3) ** 0.5, 1.0]),
        (None, [2 - 0.2104 * (8 / 3) ** 0.5, 1.0]),
    ],
)
def test_by_hand(knowledge, z, row):
    """Columns (0, 2, 4) and (1, 1, 1): means 2 and 1, population deviations sqrt(8/3) and 0."""
    known = torch.tensor([[0.0, 1.0], [2.0, 1.0], [4.0, 1.0]])
    rows = Alie(z).forge(knowledge(known[:2], known, workers=15, byzantine=3))
    torch.testing.assert_close(rows, torch.tensor([row, row]), rtol=0, atol=5e-4)


def test_one_known_gradient_is_repeated(knowledge):
    known = torch.tensor([[3.0, -4.0]])
    assert torch.equal(Alie(1.0).forge(knowledge(known, known)), known)


@pytest.mark.parametrize("z", [math.nan, math.inf, "little", True])
def test_refuses_a_z_that_is_no_number(z):
    with pytest.raises(ValueError) as error:
        Alie(z)
    assert str(error.value) == f"attack.z={shown(z)} must be a finite number; use 1"
