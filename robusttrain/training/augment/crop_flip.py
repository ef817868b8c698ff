"""Random crop and horizontal flip, as usual for CIFAR."""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import pad

from robusttrain.rng import stream
from robusttrain.training.augment.base import Augment
from robusttrain.values import check_whole


@dataclass(frozen=True)
class CropFlip(Augment):
    """Pad by `padding` zeros, cut the original size at a random place, flip half the images.

    padding: int >= 0. Pixels on each side.
    flip: bool. Mirror each image with probability 1/2.
    ValueError: padding < 0.
    """

    padding: int
    flip: bool

    def __post_init__(self) -> None:
        check_whole("augment.padding", self.padding, 0, use="4 for CIFAR")

    def __call__(self, images: Tensor, seed: int) -> Tensor:
        rng = stream(seed, "augment")
        count, _, height, width = images.shape
        tops, lefts = rng.integers(2 * self.padding + 1, size=(2, count)).tolist()
        mirrored = rng.integers(2, size=count).tolist()
        padded = pad(images, (self.padding,) * 4)
        crops = [
            image[:, top : top + height, left : left + width]
            for image, top, left in zip(padded, tops, lefts, strict=True)
        ]
        if self.flip:
            crops = [c.flip(-1) if m else c for c, m in zip(crops, mirrored, strict=True)]
        return torch.stack(crops)
