"""The plain training loop, alone or under DDP: the same samples in the same micro-batches."""

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from typing import Any

import torch
from torch import nn

from robusttrain.config.instantiate import make
from robusttrain.config.recipe import Recipe
from robusttrain.protocol.share_gradients import as_engine
from robusttrain.run.assembly import recompute
from robusttrain.training.gradient.sums import Sums
from robusttrain.training.trees import picked
from robusttrain.types import Plan


class Loop:
    """Forward, backward, accumulate over micro-batches; then the optimizer's step.

    recipe: Recipe. Of a row; its workers' shares are this loop's samples.
    device: torch.device.
    workers: list[int]. Whose shares.
    wrap: what makes the model that is called of the model.
    """

    def __init__(
        self, recipe: Recipe, device: torch.device, workers: Sequence[int],
        wrap: Callable[[nn.Module], nn.Module] = lambda model: model,
    ) -> None:  # fmt: skip
        self.device = device
        self.engine = as_engine(Sums, recompute(recipe, device).gradients)
        self.model, self.workers = wrap(recipe.model), workers
        own = [p for p in self.model.parameters() if p.requires_grad]
        self.optimizer: torch.optim.Optimizer = make(recipe.config, "optimizer", params=own)

    def step(self, plan: Plan) -> None:
        """One step of training on the samples of `plan`."""
        self.compute(plan)
        self.update()

    def compute(self, plan: Plan) -> None:
        """The mean gradient over the samples."""
        engine, workers = self.engine, self.workers
        keys = [key for w in workers for key in engine.micro_batches(plan, w)]
        alone: Callable[[], Any] = getattr(self.model, "no_sync", nullcontext)
        samples = sum(numbers.size for numbers, _ in keys)
        for numbers, seeds in keys:
            with nullcontext() if numbers is keys[-1][0] else alone():
                inputs, targets = engine.read(numbers, seeds)
                loss = engine.objective.loss(self.model(picked(inputs, 0)), picked(targets, 0))
                (loss * (numbers.size / samples)).backward()

    def update(self) -> None:
        """The optimizer's step, and gradients of zero."""
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=False)
