"""Samples of a map-style data set of any size, read when they are needed or a little before."""

import os
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from functools import cached_property, partial
from typing import Any

import numpy as np
import torch
from torch.utils._pytree import tree_map
from torch.utils.data import DataLoader, Dataset, TensorDataset, default_collate

from robusttrain.comm.supervisor import die_with_parent
from robusttrain.training.keyed import Keyed
from robusttrain.training.order import Order, same
from robusttrain.training.samples import InMemory, Key, Samples
from robusttrain.training.trees import Tree, each, picked
from robusttrain.usercode.broken import Broken, described


class OnDemand(Samples):
    """Reads items (input, target) of a `torch.utils.data.Dataset`, by processes that read ahead.

    Before an item is read, the global generators of Python, NumPy and torch are seeded from its
    number and the seed of its task: an item that draws from them (a random crop, say) is the same
    on every rank. What is read together, a chunk of tasks, is shared out over the processes; a
    rank holds only what it has read and not yet used, two chunks at most.

    dataset: map-style; an item is a pair of tensors, arrays, numbers, or dicts and tuples of them.
    processes: int >= 0. That read ahead; 0: items are read by the rank itself when it needs them.
        They start when the first item is read, and end with the rank.
    device: torch.device. Where what is read goes; from pinned memory if it is a GPU.

    `read` raises `Broken` if an item raises, or if items have other shapes or types than others.
    """

    def __init__(self, dataset: Dataset, processes: int, device: torch.device) -> None:
        self.dataset, self.processes, self.device = dataset, processes, device
        self._order = Order(max(1, processes))
        self._batches: Iterator[Any] = iter(())
        self._expected: deque[Key] = deque()

    @cached_property
    def _loader(self) -> DataLoader:
        # Readers are killed with the thread that started them: so only if that is the main one.
        lasting = threading.current_thread() is threading.main_thread()
        return DataLoader(
            Keyed(self.dataset),
            batch_sampler=self._order,
            collate_fn=collate,
            num_workers=self.processes,
            persistent_workers=self.processes > 0,
            multiprocessing_context="fork" if self.processes else None,
            worker_init_fn=partial(be_reader, lasting),
            pin_memory=self.device.type == "cuda",
            generator=torch.Generator(),  # else it draws from torch's global one
        )

    def __len__(self) -> int:
        return len(self.dataset)  # type: ignore[arg-type]

    @property
    def reads_ahead(self) -> bool:
        return self.processes > 0

    def to(self, device: torch.device) -> "OnDemand":
        return OnDemand(self.dataset, self.processes, device)

    def expect(self, keys: Sequence[Key]) -> None:
        expected = len(keys) <= len(self._expected) and all(map(same, keys, self._expected))
        if self.reads_ahead and not expected:
            self._start(keys)

    def read(self, numbers: np.ndarray, seeds: np.ndarray) -> tuple[Tree, Tree]:
        key = numbers, seeds
        if not (self._expected and same(self._expected[0], key)):
            self._start([key])
        later, self._expected = self._expected, deque()  # nothing is expected after an error
        pieces = self._order.pieces(later.popleft())
        pair = whole([each(self._placed, next(self._batches)) for _ in pieces])
        self._expected = later
        inputs, targets = (each(lambda leaf: leaf.unflatten(0, numbers.shape), x) for x in pair)
        return inputs, targets

    def _start(self, keys: Sequence[Key]) -> None:
        """Have these keys read, from now on, whatever was expected before."""
        self._order.keys, self._expected = keys, deque(keys)
        self._batches = iter(self._loader)

    def _placed(self, leaf: torch.Tensor) -> torch.Tensor:
        return leaf.to(self.device, non_blocking=True)


def collate(items: list[Any] | Broken) -> Any:
    """The items as one batch."""
    if isinstance(items, Broken):
        return items
    try:
        return default_collate(items)
    except Exception as error:
        return unlike(error)


def whole(pieces: list[Any]) -> Any:
    """The pieces as one batch; raises `Broken` if one of them is."""
    for piece in pieces:
        if isinstance(piece, Broken):
            raise piece
    try:
        return tree_map(lambda *leaves: torch.cat(leaves), *pieces) if pieces[1:] else pieces[0]
    except Exception as error:
        raise unlike(error) from error


def unlike(error: Exception) -> Broken:
    """What to say when items cannot be put together."""
    said = f"data: items do not make a batch: {described(error)}; give all one shape and type"
    return Broken(said, "")


def be_reader(lasting: bool, number: int) -> None:
    """A reader process ends with its rank, not by the signals that its rank handles.

    lasting: bool. Whether the thread that started it lives as long as the rank.
    """
    os.setsid()
    if lasting:
        die_with_parent()


def samples_of(dataset: Dataset, processes: int) -> Samples:
    """The samples of a map-style data set, on the CPU; those of a `TensorDataset` in memory."""
    if isinstance(dataset, TensorDataset) and len(dataset.tensors) == 2:
        return InMemory(*dataset.tensors)
    return OnDemand(dataset, processes, torch.device("cpu"))


def item(dataset: Dataset, number: int, seed: int = 0) -> tuple[Tree, Tree]:
    """(input, target) of one sample, as tensors without the axis of samples."""
    inputs, targets = whole([collate(Keyed(dataset).__getitems__([(number, seed)]))])
    return picked(inputs, 0), picked(targets, 0)
