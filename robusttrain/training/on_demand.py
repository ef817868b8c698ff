"""Samples of a map-style data set of any size, read when they are needed or a little before."""

import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset, Sampler, TensorDataset, default_collate

from robusttrain.rng import derive
from robusttrain.training.samples import InMemory, Key, Samples, Tree, each, picked

Sample = tuple[int, int]


class OnDemand(Samples):
    """Reads items (input, target) of a `torch.utils.data.Dataset`, by processes that read ahead.

    Before an item is read, the global generators of Python, NumPy and torch are seeded from its
    number and the seed of its task: an item that draws from them (a random crop, say) is the same
    on every rank. A rank holds only what it has read and not yet used, at most two chunks of
    tasks for each process.

    dataset: map-style; an item is a pair of tensors, arrays, numbers, or dicts and tuples of them.
    processes: int >= 0. That read ahead; 0: items are read by the rank itself when it needs them.
    device: torch.device. Where what is read goes; from pinned memory if it is a GPU.
    """

    def __init__(self, dataset: Dataset, processes: int, device: torch.device) -> None:
        self.dataset, self.processes, self.device = dataset, processes, device
        self._order = Order()
        self._loader: DataLoader = DataLoader(
            Keyed(dataset),
            batch_sampler=self._order,
            num_workers=processes,
            persistent_workers=processes > 0,
            pin_memory=device.type == "cuda",
            generator=torch.Generator(),  # else it draws from torch's global one
        )
        self._batches: Iterator[Any] = iter(())
        self._expected: list[Key] = []

    def __len__(self) -> int:
        return len(self.dataset)  # type: ignore[arg-type]

    def to(self, device: torch.device) -> "OnDemand":
        return OnDemand(self.dataset, self.processes, device)

    def expect(self, keys: Sequence[Key]) -> None:
        if self.processes:
            self._start(list(keys))

    def read(self, numbers: np.ndarray, seeds: np.ndarray) -> tuple[Tree, Tree]:
        key = numbers, seeds
        if not (self._expected and same(self._expected[0], key)):
            self._start([key])
        self._expected.pop(0)
        inputs, targets = next(self._batches)
        return self._shaped(inputs, numbers.shape), self._shaped(targets, numbers.shape)

    def _start(self, keys: list[Key]) -> None:
        """Have these keys read, from now on, whatever was expected before."""
        self._order.batches = [listed(key) for key in keys]
        self._expected = keys
        self._batches = iter(self._loader)

    def _shaped(self, tree: Tree, shape: tuple[int, ...]) -> Tree:
        def placed(leaf: torch.Tensor) -> torch.Tensor:
            return leaf.to(self.device, non_blocking=True).view(*shape, *leaf.shape[1:])

        return each(placed, tree)


class Order(Sampler[list[Sample]]):
    """The batches to read, as lists of (number, seed).

    batches: changed between two iterations of the loader.
    """

    def __init__(self) -> None:
        self.batches: list[list[Sample]] = []

    def __iter__(self) -> Iterator[list[Sample]]:
        return iter(self.batches)

    def __len__(self) -> int:
        return len(self.batches)


class Keyed(Dataset):
    """The items of a data set by (number, seed), whatever its global generators were before."""

    def __init__(self, dataset: Dataset) -> None:
        self.dataset = dataset

    def __getitem__(self, key: Sample) -> Any:
        number, seed = key
        with seeded(derive(seed, "sample", number)):
            return self.dataset[number]


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Python's, NumPy's and torch's global generators seeded, and as they were afterwards."""
    python, array, tensor = random.getstate(), np.random.get_state(), torch.get_rng_state()
    try:
        random.seed(seed)
        np.random.seed(seed % 2**32)
        torch.default_generator.manual_seed(seed)
        yield
    finally:
        random.setstate(python)
        np.random.set_state(array)
        torch.set_rng_state(tensor)


def listed(key: Key) -> list[Sample]:
    """(number, seed) of each sample, task by task."""
    numbers, seeds = key
    return [
        (number, seed)
        for row, seed in zip(numbers.tolist(), seeds.tolist(), strict=True)
        for number in row
    ]


def same(one: Key, other: Key) -> bool:
    """Whether two keys are equal."""
    return all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def samples_of(dataset: Dataset, processes: int) -> Samples:
    """The samples of a map-style data set, on the CPU; those of a `TensorDataset` in memory."""
    if isinstance(dataset, TensorDataset) and len(dataset.tensors) == 2:
        return InMemory(*dataset.tensors)
    return OnDemand(dataset, processes, torch.device("cpu"))


def item(dataset: Dataset, number: int, seed: int = 0) -> tuple[Tree, Tree]:
    """(input, target) of one sample, as tensors without the axis of samples."""
    inputs, targets = default_collate([Keyed(dataset)[number, seed]])
    return picked(inputs, 0), picked(targets, 0)
