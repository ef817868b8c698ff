"""Data sets: images with labels for training and testing, and how to normalise them."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace

import numpy as np
import torch
from filelock import FileLock
from torch import Tensor


@dataclass(frozen=True, eq=False)
class Split:
    """Images with labels.

    images: [N, C, H, W] uint8.
    labels: [N] int64.
    mean, std: one float a channel, in units of the images.
    """

    images: Tensor
    labels: Tensor
    mean: tuple[float, ...]
    std: tuple[float, ...]

    def __len__(self) -> int:
        return len(self.labels)

    def to(self, device: torch.device) -> "Split":
        return replace(self, images=self.images.to(device), labels=self.labels.to(device))

    def normalised(self, images: Tensor) -> Tensor:
        """float32 [..., C, H, W]: (images - mean) / std, channel by channel."""
        shape = (-1, 1, 1)
        mean = torch.tensor(self.mean, device=images.device).view(shape)
        std = torch.tensor(self.std, device=images.device).view(shape)
        return (images.float() - mean) / std


class Data(ABC):
    """A data set that is described before it is read.

    image: (C, H, W), ints.
    classes: int. Number of labels.
    train_size: int. Number of training samples.
    """

    image: tuple[int, int, int]
    classes: int
    train_size: int

    def check(self) -> None:
        """Raise ValueError, naming the key and the remedy, if `load` could not succeed."""
        return

    @abstractmethod
    def load(self) -> tuple[Split, Split]:
        """(training set, test set), on the CPU."""


def split(images: np.ndarray, labels: np.ndarray, mean: tuple, std: tuple) -> Split:
    """A `Split` from images [N, C, H, W] or [N, H, W] and integer labels [N]."""
    pixels = torch.from_numpy(np.ascontiguousarray(images, dtype=np.uint8))
    if pixels.ndim == 3:
        pixels = pixels.unsqueeze(1)
    return Split(pixels, torch.from_numpy(np.asarray(labels, dtype=np.int64)), mean, std)


def download_lock(root: str) -> FileLock:
    """One rank of a machine downloads into `root`; the others wait and find it done."""
    return FileLock(f"{root}/.robusttrain.lock", timeout=3600)
