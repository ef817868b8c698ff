"""Augmentation: changes the inputs of a task before its gradient is taken."""

from abc import ABC, abstractmethod
from collections.abc import Sequence

import torch
from torch import Tensor

from robusttrain.training.trees import Tree


class Augment(ABC):
    """A pure function of (inputs, seed): two holders of a task must see the same pixels."""

    @abstractmethod
    def __call__(self, images: Tensor, seed: int) -> Tensor:
        """[s, C, H, W] -> [s, C, H, W]; every random draw comes from `seed`."""

    def tasks(self, inputs: Tree, seeds: Sequence[int]) -> Tree:
        """Inputs [n, s, ...] of n tasks, each changed by its seed. ValueError: not images."""
        if not isinstance(inputs, Tensor) or inputs.ndim != 5:
            shape = list(inputs.shape[2:]) if isinstance(inputs, Tensor) else type(inputs).__name__
            raise ValueError(
                f"augment: {type(self).__name__} changes images [C, H, W]; an input of this data "
                f"set is {shape}; use augment=none"
            )
        return torch.stack([self(images, seed) for images, seed in zip(inputs, seeds, strict=True)])
