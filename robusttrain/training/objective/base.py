"""Objectives: the loss that is minimised, and what is measured on the test set."""

from abc import ABC, abstractmethod

from torch import Tensor

from robusttrain.training.trees import Tree
from robusttrain.values import check_whole

WAYS = ("vmap", "loop", "batched")


class Objective(ABC):
    """The gradient of a task's mean loss as a pure function of (parameters, task).

    Every chunk has the same shape (the last one is padded), so a row's bits do not depend on
    which tasks share the chunk. Both settings change the last bits, so all ranks share them.

    chunk: int >= 2. Of rows: tasks computed together, capped by the number of tasks each worker
        holds. Of sums (`Sums`): the samples of a micro-batch, which never crosses a task.
    vectorize: how rows are computed, without meaning for sums. `vmap` over the tasks of a chunk;
        `loop` over tasks; `batched`: one backward pass for a chunk; `auto`: the fastest of them,
        which the server measures before the run.
    double: bool. Whether the loss of sums is computed in float64, so that they differ little
        between classes of hardware where the loss is small: a softmax near 1 has few digits left.
    """

    double = False

    def __init__(self, chunk: int, vectorize: str) -> None:
        check_whole("objective.chunk", chunk, 2, use=64)
        if vectorize not in (*WAYS, "auto"):
            raise ValueError(
                f"objective.vectorize={vectorize} must be vmap, loop, batched or auto; use vmap"
            )
        self.chunk = chunk
        self.vectorize = vectorize

    @abstractmethod
    def loss(self, outputs: Tree, targets: Tree) -> Tensor:
        """The mean loss of samples: outputs [s, ...], targets [s, ...] -> scalar."""

    @abstractmethod
    def measure(self, outputs: Tree, targets: Tree) -> dict[str, float]:
        """What is measured on a batch of the test set, each a mean over its samples."""
