"""How copies of a task are compared: what a worker commits to before it sends a row."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from robusttrain.core.types import NOT_HELD, SILENT, Claims, Plan


class Agreement(ABC):
    """A two-level tree: the root commits to the leaves, a leaf to the bytes of one block.

    A block can therefore be checked alone. width: bytes of a leaf and of a root.
    """

    width: ClassVar[int]

    @abstractmethod
    def leaf(self, block: memoryview) -> bytes:
        """The leaf of a block's bytes."""

    @abstractmethod
    def root(self, leaves: bytes) -> bytes:
        """The root of a row's leaves, concatenated in order."""

    def claims(self, plan: Plan, roots: Mapping[int, np.ndarray]) -> Claims:
        """Holders of a task have the same class iff they committed to the same root.

        roots: worker -> [number of tasks it holds, width] uint8, in the order of the tasks;
        a worker that is missing is silent.
        """
        classes = np.where(plan.holders, SILENT, NOT_HELD)
        seen: list[dict[bytes, int]] = [{} for _ in range(plan.tasks)]
        for worker in sorted(roots):
            for task, root in zip(plan.held([worker]), roots[worker], strict=True):
                classes[worker, task] = seen[task].setdefault(root.tobytes(), len(seen[task]))
        return Claims(classes)
