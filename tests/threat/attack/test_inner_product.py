"""Inner product manipulation."""

import math

import pytest
import torch

from robusttrain.threat.attack.inner_product import InnerProduct


@pytest.mark.parametrize("epsilon", [0.5, 1.0, 100.0])
def test_every_row_is_the_scaled_negative_mean_of_what_is_known(knowledge, epsilon):
    known = torch.tensor([[1.0, 0.0], [3.0, -4.0], [5.0, 1.0]])
    rows = InnerProduct(epsilon).forge(knowledge(torch.zeros(2, 2), known))
    torch.testing.assert_close(rows, -epsilon * torch.tensor([[3.0, -1.0], [3.0, -1.0]]))


def test_the_inner_product_with_the_mean_is_negative(knowledge):
    known = torch.randn(9, 50, generator=torch.Generator().manual_seed(0))
    row = InnerProduct(0.5).forge(knowledge(known[:1], known))[0]
    assert row @ known.mean(dim=0) < 0


@pytest.mark.parametrize("epsilon", [0, -1, math.nan])
def test_refuses_an_epsilon_that_helps(epsilon):
    with pytest.raises(ValueError) as error:
        InnerProduct(epsilon)
    assert str(error.value) == f"attack.epsilon={epsilon} must be > 0; use 0.5"
