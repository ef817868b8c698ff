"""Linear layers and products: gradients of each task."""

import pytest
import torch
from per_task import is_exact
from torch import nn


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("shape", [(5,), (4, 5), (2, 3, 5)])
def test_linear_layers_for_any_axes(shape, bias):
    assert is_exact(nn.Sequential(nn.Linear(5, 6, bias=bias), nn.Tanh(), nn.Linear(6, 2)), shape)


class Products(nn.Module):
    def __init__(self, added):
        super().__init__()
        self.weight, self.bias = (nn.Parameter(torch.randn(s)) for s in ((5, 6), (6,)))
        self.added = added

    def forward(self, x):
        return torch.addmm(self.bias, x, self.weight) if self.added else x @ self.weight + self.bias


@pytest.mark.parametrize("added", [True, False])
def test_products_with_a_matrix(added):
    assert is_exact(Products(added), (5,))


def test_products_keep_the_axes_of_data():
    assert is_exact(Products(False), (3, 5))
