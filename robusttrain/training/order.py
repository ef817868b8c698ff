"""In which order, and in which pieces, reader processes read samples."""

from collections.abc import Iterator, Sequence

import numpy as np
from torch.utils.data import Sampler

from robusttrain.training.samples import Key

Sample = tuple[int, int]
"""The number of a sample, and the seed of its task."""


class Order(Sampler[list[Sample]]):
    """The pieces to read, each by one process: lists of (number, seed).

    parts: int >= 1. The most pieces that a key is cut into.
    keys: changed between two iterations of the loader.
    """

    def __init__(self, parts: int) -> None:
        self.parts = parts
        self.keys: Sequence[Key] = ()

    def __iter__(self) -> Iterator[list[Sample]]:
        for key in self.keys:
            yield from self.pieces(key)

    def pieces(self, key: Key) -> list[list[Sample]]:
        """The samples of a key, task by task, in pieces of nearly equal length."""
        numbers, seeds = key
        samples = list(
            zip(numbers.flatten().tolist(), seeds.repeat(numbers.shape[1]).tolist(), strict=True)
        )
        length = -(-len(samples) // self.parts)
        return [samples[start : start + length] for start in range(0, len(samples), length)]


def same(one: Key, other: Key) -> bool:
    """Whether two keys are equal."""
    return all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))
