"""Convolutions of random shapes: gradients of each task, in both ways that they are computed."""

import random

import pytest
import torch
from per_task import is_exact
from torch import nn

from robusttrain.training.gradient.uses import convolution
from robusttrain.training.gradient.uses.convolution import padded


def drawn(seed: int) -> tuple[nn.Module, tuple[int, ...]]:
    """Two random convolutions and the shape of a sample."""
    draw = random.Random(seed)
    groups, kind = draw.choice((1, 2)), draw.choice((nn.Conv1d, nn.Conv2d))
    same, bias = draw.random() < 0.4, draw.random() < 0.5
    mode = draw.choice(("zeros", "reflect", "circular"))
    kernel, dilation = draw.choice((1, 2, 3)), draw.choice((1, 2))
    axes = 1 if kind is nn.Conv1d else 2
    first = kind(
        2 * groups, 4, kernel, bias=bias, groups=groups, dilation=dilation, padding_mode=mode,
        padding="same" if same else draw.choice((0, 1)), stride=1 if same else draw.choice((1, 2)),
    )  # fmt: skip
    second = kind(4, 2, (2,) * axes, stride=(2,) * axes)
    return nn.Sequential(first, nn.Tanh(), second), (2 * groups, *(8, 7)[:axes])


@pytest.mark.parametrize("way", ["by_groups", "by_patches"])
@pytest.mark.parametrize("seed", range(12))
def test_convolutions_of_random_shapes(seed, way, monkeypatch):
    monkeypatch.setattr(convolution, "by_groups", getattr(convolution, way))
    torch.manual_seed(seed)
    assert is_exact(*drawn(seed))


def test_an_uneven_padding_is_larger_behind():
    assert padded("same", (4, 3), (1, 2)) == [2, 2, 1, 2]
    assert padded("valid", (4, 3), (1, 2)) == [0, 0, 0, 0]
    assert padded((1,), (3, 3), (1, 1)) == [1, 1, 1, 1]
