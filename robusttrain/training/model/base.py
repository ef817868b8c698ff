"""Models, and the check that a task's gradient is a pure function of parameters and task."""

from torch import nn
from torch.nn.modules.batchnorm import _NormBase
from torch.nn.modules.dropout import _DropoutNd


def check_pure(model: nn.Module) -> None:
    """Raise ValueError if a layer of `model` mixes samples, keeps statistics or draws at random.

    Two workers given the same task must produce the same bits, whatever they computed
    before; so no BatchNorm (nor any layer with running statistics) and no dropout.
    """
    for name, layer in model.named_modules():
        kind = type(layer).__name__
        if isinstance(layer, _NormBase) and (layer.track_running_stats or "Batch" in kind):
            raise ValueError(
                f"model: layer {name} is {kind}, whose statistics leak between tasks; "
                "a task's gradient must depend on the task alone; use GroupNorm"
            )
        rate = layer.p if isinstance(layer, _DropoutNd) else getattr(layer, "dropout", 0.0)
        if isinstance(layer, nn.RReLU) or (isinstance(rate, float) and rate > 0):
            raise ValueError(
                f"model: layer {name} is {kind}, which draws at random (rate {rate}); "
                "holders of a task would differ; set p=0, or use ReLU for RReLU"
            )
