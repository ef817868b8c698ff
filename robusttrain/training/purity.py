"""One forward pass of a model on real samples: does it run, and is it a pure function?"""

from collections.abc import Callable

import torch
from torch import nn

from robusttrain.training.trees import Tree, same_tree, shown
from robusttrain.usercode.broken import Broken, described

Outputs = dict[str, Tree]


@torch.no_grad()
def check_forward(model: nn.Module, inputs: Tree) -> Tree:
    """The outputs of `model` for a batch of prepared inputs.

    Raises ValueError, with the layer's name, if the model draws at random or changes a buffer;
    `Broken` if it raises.
    """
    before = {name: buffer.clone() for name, buffer in model.named_buffers()}
    first, outputs = recorded(model, inputs)
    second, _ = recorded(model, inputs)
    for name, output in first.items():
        if not same_tree(output, second[name]):
            layer = dict(model.named_modules())[name]
            raise ValueError(
                f"model: {label(name)} ({type(layer).__name__}) gives other outputs for the same "
                "inputs when it is called again; holders of a task would differ; take what is "
                "drawn at random or remembered out of its forward"
            )
    for name, buffer in model.named_buffers():
        if not same_tree(buffer, before[name]):
            raise ValueError(
                f"model: forward changes the buffer {name}; a task's gradient must not depend on "
                "what was computed before; keep no statistics, or use GroupNorm for BatchNorm"
            )
    return outputs


def recorded(model: nn.Module, inputs: Tree) -> tuple[Outputs, Tree]:
    """(layer -> its output, from the innermost to the model itself, and the model's output)."""
    outputs: Outputs = {}

    def record(name: str) -> Callable[..., None]:
        def hook(layer: nn.Module, given: object, output: Tree) -> None:
            outputs[name] = output

        return hook

    hooks = [layer.register_forward_hook(record(name)) for name, layer in model.named_modules()]
    try:
        result = model(inputs)
    except torch.OutOfMemoryError:
        raise
    except Exception as error:
        remedy = "return x.float()" if "float64" in shown(inputs) else "make them fit"
        raise Broken(
            f"model: forward on inputs {shown(inputs)} raised {described(error)}; {remedy}", error
        ) from error
    finally:
        for hook in hooks:
            hook.remove()
    return outputs, result


def label(name: str) -> str:
    """A layer's name, for an error."""
    return f"layer {name}" if name else "the model"


def check_parameters(model: nn.Module) -> None:
    """Raise ValueError unless `model` has trainable parameters, all of them float32."""
    trainable = {n: p for n, p in model.named_parameters() if p.requires_grad}
    if not trainable:
        raise ValueError(
            f"model: {type(model).__name__} has no trainable parameters; assign layers to "
            "attributes of the module, and leave requires_grad on"
        )
    for name, parameter in trainable.items():
        if parameter.dtype != torch.float32:
            raise ValueError(
                f"model: parameter {name} is {parameter.dtype}; parameters must be float32; "
                "call .float() on the model"
            )
