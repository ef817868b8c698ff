"""The constant attack: any number at all."""

import math

import pytest
import torch

from robusttrain.threat.attack.constant import Constant


@pytest.mark.parametrize("value", [-100.0, 0, math.nan, math.inf, -math.inf, 3e38])
def test_every_coordinate_is_the_value(knowledge, value):
    rows = Constant(value).forge(knowledge(torch.ones(2, 3)))
    torch.testing.assert_close(rows, torch.full((2, 3), float(value)), equal_nan=True)


@pytest.mark.parametrize("value", ["much", None, True])
def test_refuses_what_is_no_number(value):
    with pytest.raises(ValueError) as error:
        Constant(value)
    assert str(error.value) == f"attack.value={value} must be a number; use -100"
