"""Sums in float64, which show how far those in the model's own numbers may be from each other."""

import copy
from typing import Self

import numpy as np

from robusttrain.training.gradient.sums import Sums
from robusttrain.training.trees import Tree, doubled


class DoubleSums(Sums):
    """Computes the sums of another engine with parameters, inputs and targets in float64."""

    @classmethod
    def of(cls, sums: Sums) -> Self:
        """The same engine, over a copy of its model in float64."""
        model = copy.deepcopy(sums.model).double()
        return cls(sums.objective, model, sums.layout, sums.data, sums.augment, sums.retarget)

    def read(self, numbers: np.ndarray, seeds: np.ndarray) -> tuple[Tree, Tree]:
        inputs, targets = super().read(numbers, seeds)
        return doubled(inputs), doubled(targets)
