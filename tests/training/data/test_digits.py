"""The digits that come with scikit-learn."""

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits

from robusttrain.training.data.digits import Digits


@pytest.fixture(scope="module")
def parts():
    return Digits().load()


def test_sizes(parts):
    train, test = parts
    assert train.inputs.shape == (1437, 1, 8, 8)
    assert test.inputs.shape == (360, 1, 8, 8)
    assert set(train.targets.tolist()) == set(test.targets.tolist()) == set(range(10))


def test_every_image_is_in_one_part_with_its_label(parts):
    source = load_digits()
    testing = np.arange(1797) % 5 == 0
    for part, chosen in zip(parts, (~testing, testing), strict=True):
        np.testing.assert_array_equal(part.inputs[:, 0].numpy(), source.images[chosen])
        np.testing.assert_array_equal(part.targets.numpy(), source.target[chosen])


def test_normalised_pixels_have_mean_zero_and_deviation_one(parts):
    pixels = parts[0].prepare(parts[0].inputs)
    assert pixels.mean().abs() < 0.02
    assert (pixels.std() - 1).abs() < 0.02
    assert torch.isfinite(pixels).all()
