"""What a model achieves on a test set."""

from collections import defaultdict

import numpy as np
import torch
from torch import Tensor, nn

from robusttrain.training.objective.base import Objective
from robusttrain.training.samples import Samples, in_order
from robusttrain.training.trees import elements

WIDTH, ELEMENTS = 1000, 2**22


@torch.no_grad()
def evaluate(
    objective: Objective, model: nn.Module, parameters: dict[str, Tensor], data: Samples
) -> dict[str, float]:
    """The objective's measures: means over all samples of `data`, a batch at a time."""
    sums: dict[str, float] = defaultdict(float)
    for count, inputs, targets in in_order(data, batch_width(data)):
        outputs = torch.func.functional_call(model, parameters, (data.prepare(inputs),))
        for name, mean in objective.measure(outputs, targets).items():
            sums[name] += mean * count
    return {name: total / len(data) for name, total in sums.items()}


def batch_width(data: Samples) -> int:
    """Samples that are evaluated together: a thousand, or fewer if they are large."""
    first, _ = data.read(np.zeros((1, 1), dtype=np.int64), np.zeros(1, dtype=np.int64))
    return max(1, min(WIDTH, ELEMENTS // max(1, elements(first))))
