"""The base of all uses: functions of data and parameters, and their gradients for each task.

Legend: n tasks of s samples each; N = n s; x [N, ...] data; y [N, ...] output; g = dL/dy.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from torch import Tensor

Gradient = Callable[[Tensor, Tensor], Tensor]
"""x [n, m, ...], g [n, m, ...] -> [n, *shape of the parameter]; m rows a task."""


@dataclass(frozen=True)
class Bound:
    """A call, its arguments told apart.

    data: x, whose axis 0 begins with the samples of task 0, then those of task 1, and so on.
    gradients: pairs of an argument that may be a parameter, or None, and its gradients by task.
    """

    data: Tensor
    gradients: tuple[tuple[Tensor | None, Gradient], ...]


class Use(ABC):
    """A kind of layer, as the functions that its forward calls.

    functions: those of torch that this use is of, as `__torch_function__` is told them.
    """

    functions: ClassVar[tuple[Callable[..., Any], ...]]

    @abstractmethod
    def bind(self, *args: Any, **kwargs: Any) -> Bound | str:
        """Tell the arguments of a call apart; or, in a few words, why it has no gradients here."""


def flat(rows: Tensor) -> Tensor:
    """[n, m, ..., d] -> [n, M, d]."""
    return rows.reshape(len(rows), -1, rows.shape[-1])


def shared(rows: Tensor, shape: tuple[int, ...]) -> Tensor:
    """[n, m, ...] -> [n, *shape]: the sums for what was broadcast from `shape` to [m, ...]."""
    missing = rows.ndim - 1 - len(shape)
    return rows.sum_to_size(len(rows), *[1] * missing, *shape).reshape(len(rows), *shape)
