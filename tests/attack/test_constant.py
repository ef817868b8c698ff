"""The constant attack: any number at all."""

import math

import pytest
import torch

from robusttrain.attack.base import View
from robusttrain.attack.constant import Constant


@pytest.mark.parametrize("value", [-100.0, 0.0, math.nan, math.inf, -math.inf, 3e38])
def test_every_coordinate_is_the_value(value):
    honest = torch.ones(2, 3)
    rows = Constant(value).forge(View(honest, honest[:0], 15, 3))
    torch.testing.assert_close(rows, torch.full((2, 3), value), equal_nan=True)
