"""What a model achieves on a test set."""

import torch
from torch import Tensor, nn

from robusttrain.training.data.base import Split
from robusttrain.training.objective.base import Objective


@torch.no_grad()
def evaluate(
    objective: Objective, model: nn.Module, parameters: dict[str, Tensor], data: Split
) -> dict[str, float]:
    """The objective's measures over all of `data`, a thousand samples at a time."""
    outputs = [
        torch.func.functional_call(model, parameters, (data.normalised(images),))
        for images in data.images.split(1000)
    ]
    return objective.evaluate(torch.cat(outputs), data.labels)
