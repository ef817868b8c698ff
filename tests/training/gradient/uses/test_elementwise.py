"""Parameters added to data, or multiplied with it: gradients of each task."""

import pytest
import torch
from per_task import is_exact
from torch import nn


class Affine(nn.Module):
    def __init__(self, shape, front):
        super().__init__()
        self.scale, self.shift = (nn.Parameter(torch.randn(shape)) for _ in range(2))
        self.front = front

    def forward(self, x):
        return self.shift + self.scale * x if self.front else x * self.scale + self.shift


@pytest.mark.parametrize("front", [True, False])
@pytest.mark.parametrize("shape", [(), (5,), (4, 5), (4, 1), (1, 4, 5), (1, 1, 5)])
def test_every_shape_that_broadcasts(shape, front):
    assert is_exact(Affine(shape, front), (4, 5))
