"""Activations: what a forward pass keeps for the backward pass."""

import torch

from robusttrain.config.recipe import Recipe
from robusttrain.protocol.share_gradients import as_engine
from robusttrain.run.assembly import recompute
from robusttrain.training.gradient.sums import Sums
from robusttrain.training.trees import picked


def activations(recipe: Recipe) -> int:
    """Bytes that a forward pass of a micro-batch keeps for the backward pass, measured."""
    engine = as_engine(Sums, recompute(recipe, torch.device("cpu")).gradients)
    numbers, seeds = engine.micro_batches(recipe.planner(0), 0)[0]
    inputs, targets = engine.read(numbers, seeds)
    own = {parameter.data_ptr() for parameter in engine.model.parameters()}
    kept: dict[int, int] = {}

    def note(tensor: torch.Tensor) -> torch.Tensor:
        if tensor.data_ptr() not in own:
            kept[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage().nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(note, lambda tensor: tensor):
        loss = engine.objective.loss(engine.model(picked(inputs, 0)), picked(targets, 0))
    del loss
    return sum(kept.values())
