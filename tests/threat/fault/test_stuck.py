import numpy as np
import pytest
import torch

from robusttrain.threat.fault.stuck import Stuck


@pytest.mark.parametrize(("level", "wrong"), [(0, [0.0, 0.0]), (1, [2.0, 2.0])])
def test_the_bit_has_its_level_whatever_it_should_be(level, wrong):
    """Bit 30 of 0.0 is 0, of 2.0 it is 1; nothing else of them differs."""
    values = []
    for value in (0.0, 2.0):
        row = torch.tensor([7.0, value])
        Stuck(1, 30, level).damage(row.view(torch.uint8), np.random.default_rng(0))
        assert row[0] == 7
        values.append(row[1].item())
    assert values == wrong


def test_it_lasts():
    assert Stuck().span == "run"


def test_a_level_is_a_bit():
    with pytest.raises(ValueError, match="level must be 0 or 1; use 1"):
        Stuck(level=2)
