"""Defaults of parameters, and components among values."""

import torch

from robusttrain.config.defaults import components, default_of, defaults


def test_a_default_is_that_of_our_yaml_else_of_the_signature():
    assert default_of(torch.optim.SGD, "momentum") == 0.9
    assert default_of(torch.optim.SGD, "dampening") == 0


def test_every_choice_with_parameters_is_there():
    assert defaults()["robusttrain", "small_cnn"]["channels"] == [8, 16]


def test_the_outermost_components_are_told_with_their_keys():
    part = {"_target_": "a.B", "inner": {"_target_": "a.C"}}
    content = {"x": part, "y": [{"z": part}, 3], "w": {"k": 1}}
    assert list(components("top", content)) == [("top.x", part), ("top.y[0].z", part)]
