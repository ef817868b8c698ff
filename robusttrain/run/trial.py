"""A trial step before any rank starts: two tasks through data, model, loss and engine.

What a user's own parts get wrong is found here, in one process, and said in one line.
"""

import logging

import numpy as np
import torch
from torch import Tensor

from robusttrain.config.device import choose_device
from robusttrain.config.rates import check_rates
from robusttrain.config.recipe import Recipe
from robusttrain.protocol.recompute import Recompute
from robusttrain.protocol.share_gradients import as_engine
from robusttrain.run import assembly
from robusttrain.run.memory import check_memory
from robusttrain.run.simulate import numerics
from robusttrain.run.trial_sums import check_sums
from robusttrain.run.trial_tolerance import too_wide
from robusttrain.run.vectorize import settle
from robusttrain.training.gradient.full import Gradients
from robusttrain.training.gradient.sums import Sums
from robusttrain.training.gradient.weights import NotFollowed
from robusttrain.training.objective.supervised import Supervised
from robusttrain.training.purity import check_forward
from robusttrain.training.targets import check_targets
from robusttrain.training.trees import Tree, picked, same_bits, same_tree, shown
from robusttrain.types import Plan
from robusttrain.usercode.broken import Broken, described, line_of

log = logging.getLogger(__name__)
TASKS = 2
VALUES, RANDOM = ("data-dependent control flow", ".item()"), ("randomness",)


def trial(recipe: Recipe, ranks: int) -> None:
    """Compute two tasks as a worker would, and set up the server.

    recipe: the checked run.
    ranks: W, all of them taken to be on this machine.

    Raises ValueError that names the key, its value, the rule and the remedy; `Broken`, with the
    user's own traceback, where code of theirs raises.
    """
    device = choose_device(recipe.runtime.device, 0)
    check_rates(recipe.config)
    check_memory(recipe, ranks, device)
    with numerics(recipe.runtime.threads):
        server = assembly.server(recipe, ranks, device)
        try:
            recompute = assembly.recompute(recipe, device)
            settle(recipe, recompute.gradients, recipe.planner(0), server.parameters)
            try_tasks(recompute, recipe.planner(0), server.parameters)
            found = server.exchange.calibration
            tolerance = 0.0 if found is None else found.tolerance
            if text := too_wide(recipe, recompute, server.parameters, tolerance):
                log.warning("warning: %s", text)
        except (MemoryError, torch.OutOfMemoryError) as error:
            raise ValueError(
                f"objective.chunk={recipe.objective.chunk}: one task does not fit into the memory "
                f"of {device}; use a smaller model, or a larger device"
            ) from error
    if device.type == "cuda":
        torch.cuda.empty_cache()


def try_tasks(recompute: Recompute, plan: Plan, parameters: Tensor) -> None:
    """Take the first tasks of `plan` from data to rows, or sums; raises as `trial` does."""
    gradients = recompute.gradients
    tasks = np.arange(min(TASKS, plan.tasks))
    inputs, targets = read(gradients, plan, tasks)
    inputs, targets = picked(inputs, 0), picked(targets, 0)
    outputs = check_forward(gradients.model, inputs)
    check_loss(gradients, outputs, targets)
    if recompute.agreement.probes:
        check_sums(as_engine(Sums, gradients), plan, parameters)
    else:
        check_rows(gradients, plan, tasks, parameters)


def read(gradients: Gradients, plan: Plan, tasks: np.ndarray) -> tuple[Tree, Tree]:
    """Prepared inputs and targets [n, s, ...] of the tasks, which are the same when read again."""
    numbers, seeds = plan.samples[tasks], plan.seeds[tasks]
    try:
        first = gradients.data.read(numbers, seeds)
        again = gradients.data.read(numbers[::-1].copy(), seeds[::-1].copy())
        for one, other in zip(first, again, strict=True):
            for place in range(len(tasks)):
                if not same_tree(picked(one, place), picked(other, len(tasks) - 1 - place)):
                    raise ValueError(
                        f"data: samples {numbers[place].tolist()} differ when they are read again; "
                        "a sample must depend on its number and on the global generators of "
                        "random, numpy or torch, which are seeded before it is read, alone"
                    )
        inputs, targets = gradients.batch(plan, tasks, len(tasks))
    except ValueError:
        raise
    except Exception as error:
        raise Broken(f"data: reading samples raised {described(error)}", error) from error
    return inputs, targets


def check_loss(gradients: Gradients, outputs: Tree, targets: Tree) -> None:
    """Raise ValueError unless the loss of the first task is one finite number."""
    objective = gradients.objective
    if isinstance(objective, Supervised) and objective.classifies:
        check_targets(outputs, targets, gradients.data)
    try:
        loss = objective.loss(outputs, targets)
    except Exception as error:
        raise Broken(
            f"objective.loss: outputs {shown(outputs)} with targets {shown(targets)} raised "
            f"{described(error)}", error,
        ) from error  # fmt: skip
    if not isinstance(loss, Tensor) or loss.ndim:
        raise ValueError(
            f"objective.loss: gives {shown(loss)} where a scalar should be; return the mean over "
            "the samples"
        )
    try:
        objective.measure(outputs, targets)
    except Exception as error:
        raise Broken(f"objective.metric raised {described(error)}", error) from error
    if not bool(torch.isfinite(loss)):
        raise ValueError(
            f"objective.loss: the loss of the first task is {float(loss)} before any step; look "
            "for values that are not finite in the data, or initialise the model with smaller ones"
        )


def check_rows(gradients: Gradients, plan: Plan, tasks: np.ndarray, parameters: Tensor) -> None:
    """Raise ValueError unless the engine gives the same gradients in any order."""
    size = gradients.layout.size

    def rows(order: np.ndarray) -> Tensor:
        return gradients.rows(parameters, plan, order, parameters.new_empty(len(order), size))

    try:
        first, again = rows(tasks), rows(tasks[::-1].copy())
    except (torch.OutOfMemoryError, NotFollowed):
        raise
    except Exception as error:
        raise Broken(unfollowed(gradients, error), error) from error
    if not same_bits(first, again.flip(0)):
        raise ValueError(
            f"objective.vectorize={gradients.objective.vectorize}: the gradient of a task depends "
            "on the tasks beside it or before it; try the other of vmap and loop, and look for "
            "what the model remembers"
        )


def unfollowed(gradients: Gradients, error: Exception) -> str:
    """What to say when the engine fails where a plain forward pass did not."""
    way, said, where = gradients.objective.vectorize, str(error), line_of(error)
    if any(word in said for word in RANDOM):
        return f"model: forward draws at random{where}; holders of a task would differ; set p=0"
    if any(word in said for word in VALUES):
        remedy = "; set objective.vectorize=loop, or use torch.where" if way != "loop" else ""
        return (
            f"objective.vectorize={way} cannot follow Python code that depends on a tensor's "
            f"values (if, .item()) in the model{where}{remedy}"
        )
    other = "loop" if way == "vmap" else "vmap"
    return (
        f"objective.vectorize={way} fails on this model: {described(error)}; try "
        f"objective.vectorize={other}"
    )
