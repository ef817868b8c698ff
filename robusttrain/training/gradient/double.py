"""Sums in float64, which show how far those in the model's own numbers may be from each other."""

import copy
from typing import Self

import numpy as np
import torch
from torch import Tensor

from robusttrain.training.gradient.sums import Sums
from robusttrain.training.trees import Tree, each


class DoubleSums(Sums):
    """Computes the sums of another engine with parameters, inputs and targets in float64."""

    @classmethod
    def of(cls, sums: Sums) -> Self:
        """The same engine, over a copy of its model in float64."""
        model = copy.deepcopy(sums.model).double()
        return cls(sums.objective, model, sums.layout, sums.data, sums.augment, sums.retarget)

    def read(self, numbers: np.ndarray, seeds: np.ndarray) -> tuple[Tree, Tree]:
        inputs, targets = super().read(numbers, seeds)
        return each(doubled, inputs), each(doubled, targets)


def doubled(leaf: Tensor) -> Tensor:
    """Floating point numbers as float64, others as they are."""
    return leaf.to(torch.float64) if leaf.is_floating_point() else leaf
