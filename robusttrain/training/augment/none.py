"""No augmentation."""

from dataclasses import dataclass

from torch import Tensor

from robusttrain.training.augment.base import Augment


@dataclass(frozen=True)
class NoAugment(Augment):
    """The images as they are."""

    def __call__(self, images: Tensor, seed: int) -> Tensor:
        return images
