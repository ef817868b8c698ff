"""The base of all engines: batches as they are given to a model."""

import numpy as np
import pytest
import torch
from torch import nn

from robusttrain.ops.layout import Layout
from robusttrain.training.augment.crop_flip import CropFlip
from robusttrain.training.gradient.full import Gradients
from robusttrain.training.gradient.sums import Sums
from robusttrain.training.objective.supervised import Supervised
from robusttrain.training.samples import InMemory

NUMBERS, SEEDS = np.array([[4, 1, 1], [0, 9, 3]]), np.array([7, 8])
PIXELS = torch.arange(10 * 16, dtype=torch.uint8).view(10, 1, 4, 4)
DATA = InMemory(PIXELS, torch.arange(10), (3.0,), (2.0,))


@pytest.fixture(params=[Gradients, Sums])
def engine(request):
    model = nn.Linear(2, 2)
    return request.param(Supervised(2, "vmap"), model, Layout.of(model, 9), DATA, CropFlip(1, True))


def test_inputs_are_augmented_by_their_seed_and_then_prepared(engine):
    inputs, targets = engine.read(NUMBERS, SEEDS)
    assert targets.tolist() == NUMBERS.tolist()
    for row, numbers, seed in zip(inputs, NUMBERS, SEEDS.tolist(), strict=True):
        pixels = CropFlip(1, True)(PIXELS[torch.from_numpy(numbers)], seed)
        assert torch.equal(row, (pixels.float() - 3.0) / 2.0)


def test_with_other_targets_only_the_targets_are_others(engine):
    other = engine.with_targets(lambda targets: 9 - targets)
    assert type(other) is type(engine)
    (inputs, targets), (same, changed) = engine.read(NUMBERS, SEEDS), other.read(NUMBERS, SEEDS)
    assert torch.equal(inputs, same)
    assert torch.equal(changed, 9 - targets)
