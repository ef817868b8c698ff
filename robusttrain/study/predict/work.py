"""Work: what a pass over samples asks of a processor, counted while it runs."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from torch.utils.flop_counter import FlopCounterMode


@dataclass(frozen=True)
class Work:
    """Forward and backward passes.

    flops: float. Of products of matrices and convolutions, as torch counts them.
    bytes: float. That all operations write; views write none.
    calls: float. Operations.

    >>> Work(2, 3, 4).times(1.5)
    Work(flops=3.0, bytes=4.5, calls=6.0)
    """

    flops: float
    bytes: float = 0.0
    calls: float = 0.0

    def times(self, factor: float) -> "Work":
        """So much of it."""
        return Work(factor * self.flops, factor * self.bytes, factor * self.calls)


def counted_work(function: Callable[[], object]) -> Work:
    """What a call of `function` does on this thread."""
    with FlopCounterMode(display=False) as flops, Operations() as operations:
        function()
    return Work(float(flops.get_total_flops()), float(operations.bytes), float(operations.calls))


class Operations(TorchDispatchMode):
    """Counts operations and the bytes that they write."""

    def __init__(self) -> None:
        super().__init__()
        self.calls, self.bytes = 0, 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        made = func(*args, **(kwargs or {}))
        self.calls += 1
        if not func.is_view:
            self.bytes += sum(leaf.nbytes for leaf in tree_leaves(made) if isinstance(leaf, Tensor))
        return made
