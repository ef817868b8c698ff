"""A trial: the same tasks of a model, whose rows are computed in one way or another."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from robusttrain.config.recipe import Recipe
from robusttrain.protocol.share_gradients import as_engine
from robusttrain.run.assembly import initial, recompute
from robusttrain.study.price.rows import row_of
from robusttrain.study.price.setting import Setting
from robusttrain.training.gradient.full import Gradients
from robusttrain.training.gradient.sums import Sums
from robusttrain.types import Plan


@dataclass(frozen=True)
class Case:
    """What is computed.

    model: str. Its name in configs/model.
    sizes: overrides of model and data.
    tasks, samples, chunk: int. Rows, samples of each, and tasks computed together.

    Raises ValueError if one of them cannot be.
    """

    model: str
    sizes: tuple[str, ...]
    tasks: int
    samples: int
    chunk: int

    def __post_init__(self) -> None:
        for key in ("tasks", "samples", "chunk"):
            if getattr(self, key) < 1:
                raise ValueError(f"--{key} {getattr(self, key)} must be >= 1; use 8")
        if not 2 <= self.chunk <= self.tasks:
            raise ValueError(
                f"--chunk {self.chunk} must be from 2 to --tasks {self.tasks}; use {self.tasks}"
            )

    @cached_property
    def recipe(self) -> Recipe:
        """A recipe with this model, micro-batches of two samples; ValueError if there is none."""
        two = Setting(self.model, self.sizes, 2, 1, 1, 4, 2, 1, 1, ("none",), "cpu")
        return two.recipe(row_of("none"))


class Trial:
    """Computes the rows of all tasks, or the mean gradient of their samples.

    case: Case.
    device: torch.device. Where.
    """

    def __init__(self, case: Case, device: torch.device) -> None:
        recipe, tasks = case.recipe, case.tasks
        self.case, self.objective = case, recipe.objective
        self.gradients: Gradients = recompute(recipe, device).gradients
        self.sums = as_engine(Sums, self.gradients)
        numbers = np.arange(tasks * case.samples) % recipe.data.train_size
        samples, nobody = numbers.reshape(tasks, case.samples), np.zeros((tasks, 1), dtype=int)
        self.plan = Plan(0, 1, samples, np.arange(tasks), nobody)
        self.whole = Plan(0, 1, numbers[None], np.zeros(1, dtype=int), nobody[:1])
        self.parameters = initial(recipe, device)
        self.rows = self.parameters.new_empty(tasks, recipe.layout.size)

    def plain(self) -> Tensor:
        """[D]: the mean over all samples, by passes over as many of them as a chunk has."""
        self.objective.chunk = self.case.chunk * self.case.samples
        return self.sums.sum(self.parameters, self.whole, 0, torch.empty_like(self.parameters))

    def by(self, way: str) -> Tensor:
        """[tasks, D]: the rows, computed as `objective.vectorize=way` says; overwritten later."""
        self.objective.chunk, self.objective.vectorize = self.case.chunk, way
        return self.gradients.rows(
            self.parameters, self.plan, np.arange(self.case.tasks), self.rows
        )
