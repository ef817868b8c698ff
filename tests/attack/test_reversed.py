"""The reversed gradient."""

import torch

from robusttrain.attack.base import View
from robusttrain.attack.reversed import Reversed


def test_by_hand():
    honest = torch.tensor([[1.0, -2.0], [0.5, 0.0]])
    rows = Reversed(100.0).forge(View(honest, honest[:0], 15, 3))
    assert torch.equal(rows, torch.tensor([[-100.0, 200.0], [-50.0, 0.0]]))
