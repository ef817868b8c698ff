"""Supervised learning: a loss of outputs and targets, by default cross-entropy."""

from typing import Any

from torch import Tensor, nn
from torch.nn import functional

from robusttrain.training.objective.base import Objective
from robusttrain.training.trees import Tree
from robusttrain.usercode.locate import locate


class Supervised(Objective):
    """loss = mean over samples of loss(output, target), and its measures.

    loss: `cross_entropy`: -(1/s) sum_i log softmax(output_i)[target_i], over the last axis of
        the outputs, for one class a sample or one a token; or another name in
        torch.nn.functional; or the path of the user's own, module.name: a function
        (outputs [s, ...], targets [s, ...]) -> scalar, or an `nn.Module` class or object.
    metric: None: test_accuracy with cross-entropy, else nothing beside the loss; or the path of
        a function (outputs, targets) -> number or {name: number}, a mean over the samples.
    ValueError: a loss or metric that does not exist.
    """

    def __init__(
        self, chunk: int, vectorize: str, loss: Any = "cross_entropy", metric: Any = None
    ) -> None:
        super().__init__(chunk, vectorize)
        self._loss = function_of("objective.loss", loss)
        self._metric = None if metric is None else function_of("objective.metric", metric)

    @property
    def classifies(self) -> bool:
        """Whether targets must be class numbers, and accuracy can be told."""
        return self._loss is cross_entropy

    def loss(self, outputs: Tree, targets: Tree) -> Tensor:
        return self._loss(outputs, targets)

    def measure(self, outputs: Tree, targets: Tree) -> dict[str, float]:
        measures = {}
        if self._metric is not None:
            told = self._metric(outputs, targets)
            name = getattr(self._metric, "__name__", type(self._metric).__name__)
            told = told if isinstance(told, dict) else {name: told}
            measures = {f"test_{name}": float(value) for name, value in told.items()}
        elif self.classifies:
            measures["test_accuracy"] = accuracy(outputs, targets)
        return {**measures, "test_loss": float(self._loss(outputs, targets))}


def cross_entropy(outputs: Tensor, targets: Tensor) -> Tensor:
    """Mean cross-entropy of outputs [..., classes] and class numbers [...]."""
    return functional.cross_entropy(outputs.flatten(0, -2), targets.flatten())


def accuracy(outputs: Tensor, targets: Tensor) -> float:
    """The share of targets [...] that have the largest output [..., classes]."""
    return (outputs.argmax(dim=-1) == targets).double().mean().item()


def function_of(key: str, given: Any) -> Any:
    """A loss or metric by its name or path; a class is made without arguments."""
    if given == "cross_entropy":
        return cross_entropy
    if isinstance(given, str) and "." not in given:
        if not hasattr(functional, given):
            raise ValueError(
                f"{key}={given} is no function of torch.nn.functional; use cross_entropy, "
                f"mse_loss, or the path of your own, as in {key}=mine.loss"
            )
        return getattr(functional, given)
    thing = locate(key, given) if isinstance(given, str) else given
    if isinstance(thing, type):
        thing = thing()
    if not callable(thing):
        raise ValueError(f"{key}={given} cannot be called; give a function of (outputs, targets)")
    if isinstance(thing, nn.Module) and any(p.requires_grad for p in thing.parameters()):
        raise ValueError(f"{key}={given} has parameters of its own, which nothing would train")
    return thing
