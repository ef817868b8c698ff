"""Do outputs and targets fit each other, for a loss over classes?"""

import torch
from torch import Tensor

from robusttrain.names import counted
from robusttrain.training.samples import InMemory, Samples
from robusttrain.training.trees import Tree, shown

WHOLE = (torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64)


def check_targets(outputs: Tree, targets: Tree, data: Samples) -> None:
    """Raise ValueError unless cross-entropy of outputs [..., C] and targets [...] can be taken.

    outputs, targets: of a batch of samples. data: the training set, all of whose targets are
    looked at if it is in memory.
    """
    if not isinstance(outputs, Tensor) or not outputs.is_floating_point():
        raise ValueError(
            f"model: outputs are {shown(outputs)}; cross_entropy needs one floating tensor "
            "[samples, classes]; return that, or set objective.loss"
        )
    if not isinstance(targets, Tensor) or targets.dtype not in WHOLE:
        raise ValueError(
            f"data: targets are {shown(targets)}; cross_entropy needs class numbers, int64; "
            "return int(label), or set objective.loss (mse_loss for numbers)"
        )
    if targets.dtype != torch.int64:
        raise ValueError(
            f"data: targets are {targets.dtype}; cross_entropy needs int64; return labels.long()"
        )
    if outputs.shape[:-1] != targets.shape:
        raise ValueError(
            f"model: outputs are {shown(outputs)} for targets {shown(targets)}; cross_entropy "
            "needs outputs [..., classes] for targets [...]; let the last axis be the classes"
        )
    classes = outputs.shape[-1]
    every = data.targets if isinstance(data, InMemory) else targets
    low, high = int(every.min()), int(every.max())
    if low < 0 or high >= classes:
        raise ValueError(
            f"data: targets run from {low} to {high}, but the model has "
            f"{counted(classes, 'output')}, for targets 0..{classes - 1}; give it {high + 1}, or "
            "number the classes from 0"
        )
