"""Normalisation with scale and shift: gradients of each task."""

import pytest
from per_task import is_exact
from torch import nn

LAYERS = [
    (nn.LayerNorm(5), (4, 5)),
    (nn.LayerNorm((4, 5), bias=False), (4, 5)),
    (nn.RMSNorm(5), (4, 5)),
    (nn.GroupNorm(2, 4), (4, 3, 2)),
    (nn.GroupNorm(2, 4), (4,)),
    (nn.InstanceNorm2d(3, affine=True), (3, 4, 5)),
]


@pytest.mark.parametrize(("layer", "shape"), LAYERS, ids=str)
def test_scale_and_shift(layer, shape):
    assert is_exact(nn.Sequential(layer, nn.Tanh(), layer), shape)
