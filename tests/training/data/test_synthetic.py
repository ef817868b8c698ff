"""Made images: drawn from the seed alone, and told apart easily."""

import pytest
import torch

from robusttrain.training.data.synthetic import Synthetic


def make(seed=0, noise=1.0, size=200, image=(2, 6, 5)):
    return Synthetic(image, 4, size, 100, noise, seed).load()


def test_shapes():
    train, test = make()
    assert train.inputs.shape == (200, 2, 6, 5)
    assert test.inputs.shape == (100, 2, 6, 5)
    assert set(train.targets.tolist()) == set(range(4))
    assert train.mean == (128.0, 128.0)
    assert train.std == (32.0, 32.0)


def test_the_seed_decides_every_pixel():
    for first, second in zip(make(), make(), strict=True):
        assert torch.equal(first.inputs, second.inputs)
        assert torch.equal(first.targets, second.targets)
    assert not torch.equal(make(0)[0].inputs, make(1)[0].inputs)


def test_training_and_test_samples_are_other_draws_of_the_same_classes():
    train, test = make(size=100)
    assert not torch.equal(train.inputs, test.inputs)
    train, test = make(noise=0.0)
    for label in range(4):
        seen = torch.cat([part.inputs[part.targets == label] for part in (train, test)])
        assert (seen == seen[0]).all()


@pytest.mark.parametrize("noise", [0.5, 1.0])
def test_the_nearest_class_mean_is_nearly_always_right(noise):
    train, test = make(noise=noise)
    centres = torch.stack([train.inputs[train.targets == c].float().mean(dim=0) for c in range(4)])
    near = torch.cdist(test.inputs.float().flatten(1), centres.flatten(1)).argmin(dim=1)
    assert (near == test.targets).double().mean() > 0.95
