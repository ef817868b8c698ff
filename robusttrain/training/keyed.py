"""Items of a map-style data set as a pure function of (number, seed)."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch.utils.data import Dataset

from robusttrain.rng import derive
from robusttrain.training.order import Sample
from robusttrain.usercode.broken import Broken, described


class Keyed(Dataset):
    """The items of a data set by (number, seed), whatever the global generators were before.

    The first that raises takes the place of all: an error comes through a process as it is.
    """

    def __init__(self, dataset: Dataset) -> None:
        self.dataset = dataset

    def __getitems__(self, keys: list[Sample]) -> list[Any] | Broken:
        items = []
        with generators_kept():  # once, since NumPy takes longer for it than many items do
            for number, seed in keys:
                set_generators(derive(seed, "sample", number))
                try:
                    items.append(self.dataset[number])
                except Exception as error:
                    return Broken(f"data: sample {number} raised {described(error)}", error)
        return items


def set_generators(seed: int) -> None:
    """Seed Python's, NumPy's and torch's global generators."""
    random.seed(seed)
    np.random.seed(seed % 2**32)
    torch.default_generator.manual_seed(seed)


@contextmanager
def generators_kept() -> Iterator[None]:
    """Python's, NumPy's and torch's global generators are afterwards as they were before."""
    python, array, tensor = random.getstate(), np.random.get_state(), torch.get_rng_state()
    try:
        yield
    finally:
        random.setstate(python)
        np.random.set_state(array)
        torch.set_rng_state(tensor)
