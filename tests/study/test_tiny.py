"""The tiny model is linear in what it is given."""

import torch

from robusttrain.study.tiny import Tiny


def test_inputs_of_any_shape_are_flattened():
    model = Tiny((1, 2, 3), 4)
    assert model(torch.ones(5, 1, 2, 3)).shape == (5, 4)
    assert sum(p.numel() for p in model.parameters()) == 6 * 4 + 4
