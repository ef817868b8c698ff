"""Samples of a data set, read by their numbers: in memory, or one by one through reader processes.

Legend: N samples in the set; n tasks, s samples a task.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence, Sized
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from robusttrain.training.trees import Tree, picked

Key = tuple[np.ndarray, np.ndarray]
"""Which samples to read: their numbers [n, s] int, and the seed of each task [n] int."""


class Samples(ABC, Sized):
    """A training set or a test set: pairs (input, target), each a pure function of (number, seed).

    device: torch.device. Where what is read lies.
    """

    device: torch.device

    @property
    def reads_ahead(self) -> bool:
        """Whether it helps to say what to `expect`."""
        return False

    @abstractmethod
    def to(self, device: torch.device) -> "Samples":
        """The same samples, to be read onto `device`."""

    @abstractmethod
    def read(self, numbers: np.ndarray, seeds: np.ndarray) -> tuple[Tree, Tree]:
        """(inputs [n, s, ...], targets [n, s, ...]) of the samples `numbers` [n, s].

        seeds: [n] int. The seed of each task, for samples that are drawn as they are read.
        """

    def prepare(self, inputs: Tree) -> Tree:
        """What a model is given for inputs [..., *sample] as they were read, after augmentation."""
        return inputs

    def expect(self, keys: Sequence[Key]) -> None:
        """Told what is likely to be read next, in this order; a set may read it ahead.

        What was expected after exactly these stays expected.
        """
        return


@dataclass(frozen=True, eq=False)
class InMemory(Samples):
    """Samples held as two tensors.

    inputs: [N, ...]. With `mean`: images [N, C, H, W].
    targets: [N, ...]. Such as labels [N] int64.
    mean, std: one float a channel, in units of the images; none: inputs are used as they are.
    """

    inputs: Tensor
    targets: Tensor
    mean: tuple[float, ...] = ()
    std: tuple[float, ...] = ()

    def __len__(self) -> int:
        return len(self.targets)

    @property
    def device(self) -> torch.device:  # type: ignore[override]
        return self.targets.device

    def to(self, device: torch.device) -> "InMemory":
        return replace(self, inputs=self.inputs.to(device), targets=self.targets.to(device))

    def read(self, numbers: np.ndarray, seeds: np.ndarray) -> tuple[Tensor, Tensor]:
        index = torch.from_numpy(numbers).to(self.device)
        return self.inputs[index], self.targets[index]

    def prepare(self, inputs: Tensor) -> Tensor:
        """float32 [..., C, H, W]: (images - mean) / std, channel by channel."""
        if not self.mean:
            return inputs
        mean, std = (
            torch.tensor(numbers, device=inputs.device).view(-1, 1, 1)
            for numbers in (self.mean, self.std)
        )
        return (inputs.float() - mean) / std


def from_images(pixels: np.ndarray, labels: np.ndarray, mean: tuple, std: tuple) -> InMemory:
    """Samples from images [N, C, H, W] or [N, H, W], kept as uint8, and integer labels [N]."""
    inputs = torch.from_numpy(np.ascontiguousarray(pixels, dtype=np.uint8))
    if inputs.ndim == 3:
        inputs = inputs.unsqueeze(1)
    return InMemory(inputs, torch.from_numpy(np.asarray(labels, dtype=np.int64)), mean, std)


def in_order(samples: Samples, width: int) -> Iterable[tuple[int, Tree, Tree]]:
    """All samples from the first to the last, m at a time: (m, inputs [m, ...], targets)."""
    ranges = [np.arange(lo, min(lo + width, len(samples))) for lo in range(0, len(samples), width)]
    keys = [(numbers[None], np.zeros(1, dtype=np.int64)) for numbers in ranges]
    samples.expect(keys)
    for numbers, seeds in keys:
        inputs, targets = samples.read(numbers, seeds)
        yield numbers.size, picked(inputs, 0), picked(targets, 0)
