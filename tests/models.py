"""Models that robusttrain must refuse."""

from torch import nn


def batch_norm(image, classes) -> nn.Module:
    return nn.Sequential(nn.BatchNorm2d(image[0]), nn.Flatten(), nn.Linear(64, classes))


def dropout(image, classes) -> nn.Module:
    return nn.Sequential(nn.Flatten(), nn.Dropout(0.5), nn.Linear(64, classes))
