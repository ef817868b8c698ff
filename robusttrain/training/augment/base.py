"""Augmentation: changes the images of a task before its gradient is taken."""

from abc import ABC, abstractmethod

from torch import Tensor


class Augment(ABC):
    """A pure function of (images, seed): two holders of a task must see the same pixels."""

    @abstractmethod
    def __call__(self, images: Tensor, seed: int) -> Tensor:
        """[s, C, H, W] -> [s, C, H, W]; every random draw comes from `seed`."""
