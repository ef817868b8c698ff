"""The frame of Min-Max and Min-Sum: a row on the line through the mean against a direction."""

from dataclasses import dataclass

import pytest
import torch

from robusttrain.threat.perturbation import Perturbation, perturbation

ROWS = torch.tensor([[3.0, 0.0, 8.0], [3.0, 0.0, 0.0]])
MEAN = ROWS.mean(dim=0)  # 3, 0, 4


@dataclass(frozen=True)
class Fixed(Perturbation):
    def gamma(self, rows, mean, away, length):
        assert torch.equal(rows, ROWS)
        assert length == pytest.approx(float(away.square().sum()))
        return 2.0


@pytest.mark.parametrize(
    ("direction", "expected"),
    [("unit", [0.6, 0.0, 0.8]), ("sign", [1.0, 0.0, 1.0]), ("std", [0.0, 0.0, 4.0])],
)
def test_directions_by_hand(knowledge, direction, expected):
    away = perturbation(ROWS, MEAN, direction)
    torch.testing.assert_close(away, torch.tensor(expected))
    rows = Fixed(direction).forge(knowledge(ROWS))
    torch.testing.assert_close(rows, (MEAN - 2 * away).expand(2, 3))


def test_without_a_direction_the_row_is_the_mean(knowledge):
    alike = ROWS[:1].expand(3, 3)
    assert torch.equal(Fixed("std").forge(knowledge(alike)), alike)


def test_an_unknown_direction_is_refused():
    with pytest.raises(ValueError, match=r"attack\.direction=up must be one of unit, sign, std"):
        Fixed("up")
