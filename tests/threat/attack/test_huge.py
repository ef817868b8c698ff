"""The largest finite numbers."""

import math

import pytest
import torch

from robusttrain.threat.attack.huge import FLOAT32, Huge


@pytest.mark.parametrize("value", [1e38, 3e38, FLOAT32])
def test_every_coordinate_is_huge_and_finite_against_the_gradient(knowledge, value):
    honest = torch.tensor([[1e-9, -2.0, 0.0], [-1e-9, 3.0, -0.5]])
    rows = Huge(value).forge(knowledge(honest))
    expected = value * torch.tensor([[-1.0, 1.0, -1.0], [1.0, -1.0, 1.0]])
    assert torch.equal(rows, expected)
    assert torch.isfinite(rows).all()
    assert torch.isinf(rows.square()).all()


@pytest.mark.parametrize("value", [0, -3e38, 3.5e38, math.inf, math.nan])
def test_refuses_what_is_not_finite_or_helps(value):
    with pytest.raises(ValueError) as error:
        Huge(value)
    assert str(error.value) == (f"attack.value={value} must be > 0 and <= 3.4028234e+38; use 3e38")
