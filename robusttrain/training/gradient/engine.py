"""The base of all engines: what gradients are computed with, and how a batch is read."""

from collections.abc import Callable
from typing import Self

import numpy as np
from torch import nn

from robusttrain.ops.layout import Layout
from robusttrain.training.augment.base import Augment
from robusttrain.training.objective.base import Objective
from robusttrain.training.samples import Samples
from robusttrain.training.trees import Tree

Change = Callable[[Tree], Tree]


class Engine:
    """Model, loss and samples, from which gradients are computed in one way or another.

    objective: the loss, and how much is computed together.
    model: a pure function of parameters and inputs; the values of its own trainable parameters
        are not used.
    layout: how parameters lie in the flat vector.
    data: the training set.
    augment: changes inputs by a seed.
    retarget: what is done to targets before the loss; None: nothing.
    """

    def __init__(
        self,
        objective: Objective,
        model: nn.Module,
        layout: Layout,
        data: Samples,
        augment: Augment,
        retarget: Change | None = None,
    ) -> None:
        self.objective, self.model, self.layout = objective, model, layout
        self.data, self.augment, self.retarget = data, augment, retarget

    def with_targets(self, retarget: Change) -> Self:
        """The same if the targets of the training set were changed so."""
        return type(self)(
            self.objective, self.model, self.layout, self.data, self.augment, retarget
        )

    def read(self, numbers: np.ndarray, seeds: np.ndarray) -> tuple[Tree, Tree]:
        """Augmented, prepared inputs [n, s, ...] and targets [n, s, ...] of samples `numbers`.

        numbers: [n, s] int. seeds: [n] int, which augmentation and samples are drawn by.
        """
        inputs, targets = self.data.read(numbers, seeds)
        inputs = self.data.prepare(self.augment.tasks(inputs, seeds.tolist()))
        return inputs, targets if self.retarget is None else self.retarget(targets)
