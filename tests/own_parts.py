"""Parts as a user would write them, some of them wrong; tests name them by path."""

import itertools

import torch
from torch import nn
from torch.nn import functional
from torch.utils.data import Dataset, TensorDataset

from robusttrain.defense.detector.base import Detector
from robusttrain.threat.attack.base import Attack
from robusttrain.types import Verdict


class Net(nn.Module):
    def __init__(self, features, classes=2):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(features, 8), nn.ReLU(), nn.Linear(8, classes))

    def forward(self, x):
        return self.layers(x)


class NeedsWidth(Net):
    def __init__(self, features, width):
        super().__init__(features)


class Branching(Net):
    def forward(self, x):
        y = self.layers(x)
        return y if y.sum() > 0 else -y


class Spoiled(Net):
    def forward(self, x):
        return self.layers(x) * torch.nan


class Failing(Net):
    def __init__(self, features):
        raise KeyError("no such thing")


def no_module(features):
    return 3


def make_data():
    """20 features, two classes, 300 samples for training."""
    x = torch.randn(400, 20, generator=torch.Generator().manual_seed(0))
    y = (x.sum(dim=1) > 0).long()
    return TensorDataset(x[:300], y[:300]), TensorDataset(x[300:], y[300:])


def numbers():
    """As `make_data`, with numbers for targets."""
    return tuple(TensorDataset(x, x[:, :1]) for x, _ in (part.tensors for part in make_data()))


class Counted(Dataset):
    """Each reading gives another item."""

    readings = itertools.count()

    def __len__(self):
        return 300

    def __getitem__(self, number):
        return torch.full((20,), float(next(self.readings))), 0


class Lost(Counted):
    def __getitem__(self, number):
        if number > 3:
            raise OSError("no such file")
        return torch.zeros(20), 0


def changing():
    return Counted(), None


def lost():
    return Lost(), None


def fails():
    return 1 / 0


def middle(vectors):
    return vectors.median(dim=0).values


def per_sample(outputs, targets):
    return functional.cross_entropy(outputs, targets, reduction="none")


def within(outputs, targets):
    return ((outputs - targets).abs() < 1).float().mean()


class Push(Attack):
    def forge(self, knowledge):
        return -5 * knowledge.honest


class Suspicious(Detector):
    """Convicts worker 0 in each step, whatever it says."""

    concedes = "voted"

    def inspect(self, hearing):
        return Verdict(hearing.plan.workers, convicted={0: "it is worker 0"})


def absolute(outputs, targets):
    return (outputs - targets).abs().mean()
