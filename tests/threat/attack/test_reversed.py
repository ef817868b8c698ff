"""The reversed gradient."""

import math

import pytest
import torch

from robusttrain.threat.attack.reversed import Reversed


def test_by_hand(knowledge):
    honest = torch.tensor([[1.0, -2.0], [0.5, 0.0]])
    rows = Reversed(100.0).forge(knowledge(honest))
    assert torch.equal(rows, torch.tensor([[-100.0, 200.0], [-50.0, 0.0]]))


@pytest.mark.parametrize("scale", [0, -100, math.nan])
def test_refuses_a_scale_that_does_not_reverse(scale):
    with pytest.raises(ValueError) as error:
        Reversed(scale)
    assert str(error.value) == f"attack.scale={scale} must be > 0; use 100"
