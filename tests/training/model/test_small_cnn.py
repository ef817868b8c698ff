"""The small network: shapes, sizes and refusals."""

import pytest
import torch
from torch import nn

from robusttrain.training.model.base import check_pure
from robusttrain.training.model.small_cnn import small_cnn

torch.set_num_threads(1)


@pytest.mark.parametrize(
    ("image", "cells"),
    [((1, 8, 8), 16), ((1, 28, 28), 16), ((3, 32, 32), 16), ((1, 4, 4), 16), ((2, 9, 13), 24)],
    ids=str,
)
def test_shapes_and_number_of_parameters(image, cells):
    model = small_cnn(image, 10, (8, 16), 32)
    check_pure(model)
    assert model(torch.zeros(5, *image)).shape == (5, 10)
    convolutions = 8 * (9 * image[0] + 1) + 16 * (9 * 8 + 1)
    norms, linear = 2 * (8 + 16), 32 * (16 * cells + 1) + 10 * 33
    assert sum(p.numel() for p in model.parameters()) == convolutions + norms + linear


def test_channels_may_come_as_a_list():
    assert isinstance(small_cnn((1, 8, 8), 3, [4, 8], 1), nn.Module)


@pytest.mark.parametrize("image", [(1, 3, 8), (1, 8, 2)], ids=str)
def test_images_that_are_too_small_are_refused(image):
    with pytest.raises(ValueError, match=f"4x4 or more; got {image[1]}x{image[2]}"):
        small_cnn(image, 10, (8, 16), 32)


@pytest.mark.parametrize(
    ("channels", "hidden"),
    [((6, 16), 32), ((8, 18), 32), ((0, 16), 32), ((8, -4), 32), ((8, 16), 0)],
)
def test_bad_widths_are_refused(channels, hidden):
    with pytest.raises(ValueError, match="multiples of 4 and hidden >= 1"):
        small_cnn((1, 8, 8), 10, channels, hidden)
