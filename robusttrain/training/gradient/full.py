"""Per-task gradients, one row each, by a backward pass for each task or for many."""

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Self

import numpy as np
import torch
from torch import Tensor

from robusttrain.training.gradient.batched import batched
from robusttrain.training.gradient.batched_check import check_batched
from robusttrain.training.gradient.engine import Change, Engine
from robusttrain.training.samples import Key
from robusttrain.training.trees import Tree, each, picked
from robusttrain.types import NOT_FINITE, Plan


class Gradients(Engine):
    """Computes rows: row t [D] float32 is the gradient of task t's mean loss, flat.

    `objective.vectorize`: `vmap` or `batched` over the tasks of a chunk, or a `loop` over tasks.
    Before `batched` computes its first chunk, it is held to vmap: see `check_batched`.
    """

    _checked = False

    def with_targets(self, retarget: Change) -> Self:
        other = super().with_targets(retarget)
        other._checked = self._checked
        return other

    def rows(self, parameters: Tensor, plan: Plan, tasks: np.ndarray, out: Tensor) -> Tensor:
        """Fill out [len(tasks), D] with the gradients at `parameters` [D] and return it.

        A row that is not finite is replaced by `NOT_FINITE` in each coordinate, by every honest
        holder alike: so a row with NaN or Inf in it, once committed to, proves a lie.
        """
        named = self.layout.unflatten(parameters)
        width = self._width(plan)
        self.expect([(plan, tasks)])
        for start in range(0, len(tasks), width):
            chunk = tasks[start : start + width]
            inputs, targets = self.batch(plan, chunk, width)
            rows = out[start : start + len(chunk)]
            if self.objective.vectorize in ("vmap", "batched"):
                gradients = self._together(named, inputs, targets)
                self.layout.pack({n: g[: len(chunk)] for n, g in gradients.items()}, rows)
            else:
                for place, row in enumerate(rows):
                    gradient = self._one(named, picked(inputs, place), picked(targets, place))
                    self.layout.pack(gradient, row)
            rows.masked_fill_(~torch.isfinite(rows).all(dim=1, keepdim=True), NOT_FINITE)
        return out

    def expect(self, wanted: Sequence[tuple[Plan, np.ndarray]]) -> None:
        """Have the samples of tasks [n] of plans read ahead, in this order, if the data set can."""
        if self.data.reads_ahead:
            self.data.expect([key for plan, tasks in wanted for key in self._keys(plan, tasks)])

    def _keys(self, plan: Plan, tasks: np.ndarray) -> list[Key]:
        """What is read together, chunk by chunk."""
        width = self._width(plan)
        chunks = [tasks[start : start + width] for start in range(0, len(tasks), width)]
        return [(plan.samples[chunk], plan.seeds[chunk]) for chunk in chunks]

    def together(self, plan: Plan) -> int:
        """Tasks of which the model is given the samples together, and not by vmap."""
        return self._width(plan) if self.objective.vectorize == "batched" else 1

    def _width(self, plan: Plan) -> int:
        """Tasks computed together: the same for all ranks, since it can change the last bits."""
        least = int(np.unique(plan.teams, return_counts=True)[1].min())
        return min(self.objective.chunk, max(2, least))

    def _together(self, named: dict[str, Tensor], inputs: Tree, targets: Tree) -> dict[str, Tensor]:
        """The gradients of the tasks of a chunk, name -> [n, ...], by vmap or one backward pass."""
        if self.objective.vectorize == "vmap":
            return self._many(named, inputs, targets)
        if not self._checked:
            check_batched(self.model, self.objective.loss, named, inputs, targets)
            self._checked = True
        return batched(self.model, self.objective.loss, named, inputs, targets)

    @cached_property
    def _one(self) -> Callable[..., dict[str, Tensor]]:
        """Parameters by name, inputs [s, ...], targets [s, ...] -> name -> gradient."""

        def task_loss(parameters: dict[str, Tensor], inputs: Tree, targets: Tree) -> Tensor:
            outputs = torch.func.functional_call(self.model, parameters, (inputs,))
            return self.objective.loss(outputs, targets)

        return torch.func.grad(task_loss)

    @cached_property
    def _many(self) -> Callable[..., dict[str, Tensor]]:
        """The same of n tasks, inputs [n, s, ...]: name -> gradients [n, ...]."""
        return torch.func.vmap(self._one, in_dims=(None, 0, 0))

    def batch(self, plan: Plan, tasks: np.ndarray, width: int) -> tuple[Tree, Tree]:
        """Augmented, prepared inputs and targets of the tasks, padded to `width` tasks."""
        inputs, targets = self.read(plan.samples[tasks], plan.seeds[tasks])

        def fill(leaf: Tensor) -> Tensor:
            return padded(leaf, width)

        return each(fill, inputs), each(fill, targets)


def padded(leaf: Tensor, width: int) -> Tensor:
    """[n, ...] -> [width, ...]: the last one repeated."""
    missing = width - len(leaf)
    return torch.cat([leaf, leaf[-1:].expand(missing, *leaf.shape[1:])]) if missing else leaf
