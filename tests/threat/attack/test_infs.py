"""Infinity."""

import math

import torch

from robusttrain.threat.attack.infs import Infs


def test_every_coordinate_is_infinite_against_the_gradient(knowledge):
    honest = torch.tensor([[1e-9, -2.0, 0.0], [-1e-9, 3.0, -0.5]])
    expected = [[-math.inf, math.inf, -math.inf], [math.inf, -math.inf, math.inf]]
    assert Infs().forge(knowledge(honest)).tolist() == expected
