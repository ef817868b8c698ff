"""Per-task gradients, one row each, by a whole backward pass for each task."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor, nn

from robusttrain.ops.layout import Layout
from robusttrain.training.augment.base import Augment
from robusttrain.training.data.base import Split
from robusttrain.training.objective.base import Objective
from robusttrain.types import Plan


class Gradients:
    """Computes rows: row t [D] float32 is the gradient of task t's mean loss, flat.

    objective: the loss, and how tasks are computed together.
    model: a pure function of parameters and images; its own parameters are not used.
    layout: how parameters lie in the flat vector.
    data: the training set.
    augment: changes images by the seed of their task.
    """

    def __init__(
        self,
        objective: Objective,
        model: nn.Module,
        layout: Layout,
        data: Split,
        augment: Augment,
    ) -> None:
        self.objective, self.model, self.layout = objective, model, layout
        self.data, self.augment = data, augment

        def task_loss(parameters: dict[str, Tensor], images: Tensor, labels: Tensor) -> Tensor:
            outputs = torch.func.functional_call(model, parameters, (images,))
            return objective.loss(outputs, labels)

        one: Callable = torch.func.grad(task_loss)
        self._one = one
        self._many: Callable = torch.func.vmap(one, in_dims=(None, 0, 0))

    def with_labels(self, labels: Tensor) -> "Gradients":
        """The same if the training set had these labels [N]."""
        data = replace(self.data, labels=labels)
        return Gradients(self.objective, self.model, self.layout, data, self.augment)

    def rows(self, parameters: Tensor, plan: Plan, tasks: np.ndarray, out: Tensor) -> Tensor:
        """Fill out [len(tasks), D] with the gradients at `parameters` [D] and return it.

        A row that is not finite is replaced by zeros, by every honest holder alike: so a
        row with NaN or Inf in it, once committed to, proves a lie.
        """
        named = self.layout.unflatten(parameters)
        least = int(np.unique(plan.teams, return_counts=True)[1].min())
        width = min(self.objective.chunk, max(2, least))
        for start in range(0, len(tasks), width):
            chunk = tasks[start : start + width]
            padded = np.concatenate([chunk, np.repeat(chunk[-1:], width - len(chunk))])
            images, labels = self._batch(plan, padded)
            rows = out[start : start + len(chunk)]
            if self.objective.vectorize == "vmap":
                gradients = self._many(named, images, labels)
                self.layout.pack({n: g[: len(chunk)] for n, g in gradients.items()}, rows)
            else:
                for row, x, y in zip(rows, images, labels, strict=False):
                    self.layout.pack(self._one(named, x, y), row)
            rows.masked_fill_(~torch.isfinite(rows).all(dim=1, keepdim=True), 0.0)
        return out

    def _batch(self, plan: Plan, tasks: np.ndarray) -> tuple[Tensor, Tensor]:
        """Augmented, normalised images [n, s, C, H, W] and labels [n, s] of the tasks."""
        index = torch.from_numpy(plan.samples[tasks]).to(self.data.labels.device)
        pixels = torch.stack(
            [
                self.augment(images, int(seed))
                for images, seed in zip(self.data.images[index], plan.seeds[tasks], strict=True)
            ]
        )
        return self.data.normalised(pixels), self.data.labels[index]
