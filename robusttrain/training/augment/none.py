"""No augmentation."""

from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor

from robusttrain.training.augment.base import Augment
from robusttrain.training.trees import Tree


@dataclass(frozen=True)
class NoAugment(Augment):
    """The inputs as they are."""

    def __call__(self, images: Tensor, seed: int) -> Tensor:
        return images

    def tasks(self, inputs: Tree, seeds: Sequence[int]) -> Tree:
        return inputs
