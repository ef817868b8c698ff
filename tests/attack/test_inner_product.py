"""Inner product manipulation."""

import pytest
import torch

from robusttrain.attack.base import View
from robusttrain.attack.inner_product import InnerProduct


@pytest.mark.parametrize("epsilon", [0.5, 1.0, 100.0])
def test_every_row_is_the_scaled_negative_mean_of_what_is_known(epsilon):
    known = torch.tensor([[1.0, 0.0], [3.0, -4.0], [5.0, 1.0]])
    rows = InnerProduct(epsilon).forge(View(torch.zeros(2, 2), known, 15, 3))
    torch.testing.assert_close(rows, -epsilon * torch.tensor([[3.0, -1.0], [3.0, -1.0]]))


def test_the_inner_product_with_the_mean_is_negative():
    known = torch.randn(9, 50, generator=torch.Generator().manual_seed(0))
    row = InnerProduct(0.5).forge(View(known[:1], known, 15, 3))[0]
    assert row @ known.mean(dim=0) < 0
