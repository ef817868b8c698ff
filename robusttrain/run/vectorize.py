"""How rows are computed where `objective.vectorize=auto`: the fastest way, by one measurement."""

import logging
import time
from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor

from robusttrain.config.recipe import Recipe
from robusttrain.training.gradient.full import Gradients
from robusttrain.training.objective.base import WAYS
from robusttrain.types import Plan

log = logging.getLogger(__name__)
REPEAT = 3


def settle(recipe: Recipe, gradients: Gradients, plan: Plan, parameters: Tensor) -> None:
    """Replace `auto` by a way to compute rows, in the recipe and its configuration.

    A way that fails is left out, and a warning says why; where none is left, it is vmap, for the
    trial to say what fails. Sums of shares are computed in one way only: vmap.

    gradients: an engine with the recipe's objective.
    plan: that of step 0. parameters: [D].
    """
    if recipe.objective.vectorize != "auto":
        return
    if recipe.agreement.probes:
        told(recipe, "vmap")
        return
    seconds = {}
    tasks = np.arange(min(recipe.objective.chunk, plan.tasks))
    rows = parameters.new_empty(len(tasks), len(parameters))
    for way in WAYS:
        told(recipe, way)
        try:
            seconds[way] = timed(gradients, parameters, plan, tasks, rows)
        except torch.OutOfMemoryError:
            log.warning("objective.vectorize=auto: %s takes too much memory", way)
        except Exception as error:
            log.warning("objective.vectorize=auto leaves %s out: %s", way, str(error)[:300])
    told(recipe, fastest(seconds))
    figures = ", ".join(f"{way} {1e3 * s / len(tasks):.3g}" for way, s in seconds.items())
    log.warning(
        "objective.vectorize=auto chose %s; ms a task: %s", recipe.objective.vectorize, figures
    )


def fastest(seconds: Mapping[str, float]) -> str:
    """The way that takes least; vmap where none works."""
    return min(seconds, key=lambda way: seconds[way], default="vmap")


def told(recipe: Recipe, way: str) -> None:
    """Have the recipe compute rows so, as its configuration then says."""
    recipe.objective.vectorize = way
    recipe.config["objective"]["vectorize"] = way


def timed(
    gradients: Gradients, parameters: Tensor, plan: Plan, tasks: np.ndarray, rows: Tensor
) -> float:
    """Seconds for the rows [n, D] of the tasks, the least of some calls after a first."""
    taken = []
    for _ in range(1 + REPEAT):
        start = time.perf_counter()
        gradients.rows(parameters, plan, tasks, rows)
        if rows.is_cuda:
            torch.cuda.synchronize()
        taken.append(time.perf_counter() - start)
    return min(taken[1:])
