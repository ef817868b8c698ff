"""Splits: shape, type and normalisation."""

import numpy as np
import pytest
import torch

from robusttrain.training.data.base import split


def test_images_without_a_channel_axis_get_one():
    made = split(np.arange(24.0).reshape(2, 3, 4), np.array([1, 0], dtype="u1"), (1.0,), (2.0,))
    assert made.images.shape == (2, 1, 3, 4)
    assert (made.images.dtype, made.labels.dtype) == (torch.uint8, torch.int64)
    assert made.images.flatten().tolist() == list(range(24))
    assert len(made) == 2


@pytest.mark.parametrize("tasks", [(), (3,)], ids=["samples", "tasks of samples"])
def test_each_channel_is_normalised_by_its_own_numbers(tasks):
    made = split(np.zeros((1, 2, 2, 2)), np.zeros(1), (10.0, 20.0), (2.0, 5.0))
    images = torch.full((*tasks, 4, 2, 2, 2), 30, dtype=torch.uint8)
    out = made.normalised(images)
    assert out.dtype == torch.float32
    assert out.shape == images.shape
    assert (out[..., 0, :, :] == 10.0).all()
    assert (out[..., 1, :, :] == 2.0).all()


def test_moving_keeps_the_numbers():
    made = split(np.zeros((1, 1, 2, 2)), np.zeros(1), (10.0,), (2.0,))
    moved = made.to(torch.device("cpu"))
    assert (moved.mean, moved.std, len(moved)) == (made.mean, made.std, 1)
