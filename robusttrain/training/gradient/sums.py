"""A worker's share as one sum: its mean gradient, accumulated by ordinary backward passes."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import numpy as np
import torch
from torch import Tensor, nn

from robusttrain.rng import derive
from robusttrain.training.gradient.engine import Engine
from robusttrain.training.samples import Key
from robusttrain.training.trees import Tree, doubled, picked
from robusttrain.types import Plan


class Sums(Engine):
    """Computes sums: the mean gradient over all samples of a worker's tasks, flat.

        S = sum over b of (s_b / s) grad l_b,   s = sum over b of s_b

    l_b is the mean loss of micro-batch b, of s_b samples. Micro-batches are `objective.chunk`
    consecutive samples of one task, the last of a task what is left. The objective's loss must
    be a mean over samples for S to be the gradient of the share's.

    One forward and one backward pass a micro-batch, as in training without a defence, in the
    order of plan and place; no more memory than that, beside the sum itself. The bits follow
    from (parameters, plan, worker), device, threads and library versions alone, so that source,
    checker and referee all call `sum`.
    """

    @torch.enable_grad()
    def sum(self, parameters: Tensor, plan: Plan, worker: int, out: Tensor) -> Tensor:
        """Fill `out` [D] with the sum of `worker` at `parameters` [D] and return it.

        A sum that is not finite is returned as it is. AssertionError: the worker holds nothing,
        as one that is evicted; the mean of no samples is not defined.
        """
        keys = self.micro_batches(plan, worker)
        assert keys, f"worker {worker} holds no task of step {plan.step}"
        samples = sum(numbers.size for numbers, _ in keys)
        with lent(
            self.model, self.layout.unflatten(parameters), self.layout.unflatten(out.zero_())
        ):
            for numbers, seeds in keys:
                inputs, targets = self.read(numbers, seeds)
                loss = self.loss(self.model(picked(inputs, 0)), picked(targets, 0))
                (loss * (numbers.size / samples)).backward()
        return out

    def loss(self, outputs: Tree, targets: Tree) -> Tensor:
        """The mean loss of a micro-batch."""
        if self.objective.double:
            outputs, targets = doubled(outputs), doubled(targets)
        return self.objective.loss(outputs, targets)

    def expect(self, shares: Sequence[tuple[Plan, int]]) -> None:
        """Have the shares of these (plan, worker) read ahead, in this order, if the set can.

        What was expected before is forgotten; `sum` does not say it again.
        """
        if self.data.reads_ahead:
            self.data.expect([key for share in shares for key in self.micro_batches(*share)])

    def micro_batches(self, plan: Plan, worker: int) -> list[Key]:
        """What is read for each micro-batch of a share: numbers [1, s_b], and a seed [1].

        The seed is that of the task and of the micro-batch's place in it: whoever computes the
        share draws the same. At place 0 it is the task's own, so that a task of one micro-batch
        is what its row is of.
        """
        chunk, length = self.objective.chunk, plan.samples.shape[1]
        return [
            (plan.samples[[task], low : low + chunk], place_seed(plan.seeds[task], place))
            for task in plan.holdings[worker].tolist()
            for place, low in enumerate(range(0, length, chunk))
        ]


def place_seed(seed: int, place: int) -> np.ndarray:
    """[1] int64: the seed of micro-batch `place` of the task with `seed`."""
    return np.array([derive(seed, "micro-batch", place) if place else seed], dtype=np.int64)


@contextmanager
def lent(
    model: nn.Module, values: Mapping[str, Tensor], gradients: Mapping[str, Tensor]
) -> Iterator[None]:
    """Meanwhile the named parameters of `model` are `values`, and passes add to `gradients`."""
    own = dict(model.named_parameters())
    before = {name: own[name].data for name in values}
    try:
        for name, value in values.items():
            own[name].data, own[name].grad = value, gradients[name]
        yield
    finally:
        for name, value in before.items():
            own[name].data, own[name].grad = value, None
