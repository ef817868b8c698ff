"""Samples in memory: shape, type and normalisation; reading in order."""

import numpy as np
import pytest
import torch

from robusttrain.training.samples import InMemory, from_images, in_order


def test_images_without_a_channel_axis_get_one():
    made = from_images(
        np.arange(24.0).reshape(2, 3, 4), np.array([1, 0], dtype="u1"), (1.0,), (2.0,)
    )
    assert made.inputs.shape == (2, 1, 3, 4)
    assert (made.inputs.dtype, made.targets.dtype) == (torch.uint8, torch.int64)
    assert made.inputs.flatten().tolist() == list(range(24))
    assert len(made) == 2


@pytest.mark.parametrize("tasks", [(), (3,)], ids=["samples", "tasks of samples"])
def test_each_channel_is_normalised_by_its_own_numbers(tasks):
    made = from_images(np.zeros((1, 2, 2, 2)), np.zeros(1), (10.0, 20.0), (2.0, 5.0))
    images = torch.full((*tasks, 4, 2, 2, 2), 30, dtype=torch.uint8)
    out = made.prepare(images)
    assert out.dtype == torch.float32
    assert out.shape == images.shape
    assert (out[..., 0, :, :] == 10.0).all()
    assert (out[..., 1, :, :] == 2.0).all()


def test_moving_keeps_the_numbers():
    made = from_images(np.zeros((1, 1, 2, 2)), np.zeros(1), (10.0,), (2.0,))
    moved = made.to(torch.device("cpu"))
    assert (moved.mean, moved.std, len(moved)) == (made.mean, made.std, 1)


def test_without_means_inputs_are_as_they_are():
    inputs = torch.randn(4, 3, dtype=torch.float64)
    assert InMemory(inputs, torch.zeros(4)).prepare(inputs) is inputs


def test_samples_are_read_by_number_whatever_their_shape():
    made = InMemory(torch.arange(12).view(6, 2), torch.arange(6))
    inputs, targets = made.read(np.array([[5, 0, 0], [1, 2, 3]]), np.zeros(2))
    assert targets.tolist() == [[5, 0, 0], [1, 2, 3]]
    assert inputs[0].tolist() == [[10, 11], [0, 1], [0, 1]]


@pytest.mark.parametrize("width", [1, 2, 5, 6, 100])
def test_reading_in_order_gives_each_sample_once(width):
    made = InMemory(torch.arange(6).view(6, 1), torch.arange(6))
    parts = list(in_order(made, width))
    assert torch.cat([targets for _, _, targets in parts]).tolist() == list(range(6))
    assert [count for count, _, _ in parts] == [len(targets) for _, _, targets in parts]
    assert max(count for count, _, _ in parts) == min(width, 6)
