"""No augmentation."""

import torch

from robusttrain.training.augment.none import NoAugment


def test_nothing_changes():
    images = torch.arange(32, dtype=torch.uint8).view(2, 1, 4, 4)
    assert torch.equal(NoAugment()(images, 5), images)
