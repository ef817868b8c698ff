"""Parts of a user's own, as tests name them by path: data sets, and functions that make them."""

import random
import time

import numpy as np
import torch
from torch import nn
from torch.utils.data import Dataset, TensorDataset


def blobs(count: int, seed: int, classes: int = 3, features: int = 5) -> TensorDataset:
    """Points around `classes` centres, class by class in turn."""
    draw = torch.Generator().manual_seed(seed)
    labels = torch.arange(count) % classes
    centres = 3 * torch.eye(classes, features)
    return TensorDataset(centres[labels] + torch.randn(count, features, generator=draw), labels)


class Items(Dataset):
    """The samples of another set, one by one; `seconds` a sample."""

    def __init__(self, inner, seconds: float = 0.0) -> None:
        self.inner, self.seconds = inner, seconds

    def __len__(self) -> int:
        return len(self.inner)

    def __getitem__(self, number):
        time.sleep(self.seconds)
        return self.inner[number]


class Drawn(Dataset):
    """Samples that draw from torch's, NumPy's and Python's global generators, as crops do."""

    def __len__(self) -> int:
        return 40

    def __getitem__(self, number):
        draws = [number, float(torch.rand(())), np.random.rand(), random.random()]
        return torch.tensor(draws), torch.randint(10, (2,))


def make_data():
    return blobs(60, 0), blobs(30, 1)


def make_items():
    return Items(blobs(60, 0)), Items(blobs(30, 1))


def make_train_alone():
    return blobs(60, 0)


def make_dicts():
    return [({"ids": torch.arange(3), "mask": torch.ones(3)}, 1.5)] * 4, None


def make_nothing():
    return []


def make_empty_test():
    return blobs(60, 0), []


def make_garbage():
    return 7


def make_iterator():
    return iter([1]), iter([2])


def make_singles():
    return [torch.ones(3)] * 4


def make_broken():
    raise KeyError("no such\nfile")


class Fails(Dataset):
    def __len__(self) -> int:
        return 8

    def __getitem__(self, number):
        if number in (0, 5):
            raise OSError(f"sample {number} is gone")
        return torch.ones(2), number


def make_failing():
    return Fails()


NOT_CALLABLE = 3


class Mlp(nn.Module):
    """A hidden layer of 16."""

    def __init__(self, features: int, classes: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(features, 16), nn.ReLU(), nn.Linear(16, classes)
        )  # fmt: skip

    def forward(self, x):
        return self.layers(x)


def make_slow():
    """Samples that take 2 ms each."""
    return Items(blobs(2000, 0), 0.002), blobs(30, 1)


class Large(Dataset):
    """`count` samples of 1 MB that are made when they are read; classes in turn."""

    classes = ("even", "odd")

    def __init__(self, count: int) -> None:
        self.count = count

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, number):
        return torch.full((2**18,), float(number % 2)), number % 2


class Sparse(nn.Module):
    """Looks at each 4096th feature."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.layer = nn.Linear(64, classes)

    def forward(self, x):
        return self.layer(x[..., ::4096])


def make_large():
    return Large(5000), Large(100)


def make_medium():
    return Large(500), Large(100)


def make_unseeded():
    """Other numbers for each process that calls it."""
    return TensorDataset(torch.rand(60, 5, generator=UNSEEDED), torch.arange(60) % 3), None


UNSEEDED = torch.Generator()
