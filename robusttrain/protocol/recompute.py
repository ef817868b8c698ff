"""Honest rows and what they commit to, wherever they are computed: at a worker or for an audit."""

from dataclasses import dataclass

import numpy as np
from torch import Tensor

from robusttrain.ops.layout import Layout
from robusttrain.redundancy.agreement.base import Agreement
from robusttrain.training.gradient.full import Gradients
from robusttrain.types import Plan


@dataclass(frozen=True, eq=False)
class Recompute:
    """Computes gradients, and the leaves and root that stand for a row.

    gradients: Gradients. Computes true rows.
    layout: Layout. The coordinates of each block.
    agreement: Agreement. Makes leaves and roots.
    """

    gradients: Gradients
    layout: Layout
    agreement: Agreement

    def leaves(self, row: Tensor) -> bytes:
        """The leaves of a row [D], one per block, concatenated."""
        if self.agreement.width == 0:
            return b""
        data = memoryview(row.cpu().numpy().data)
        return b"".join(self.agreement.leaf(data[lo:hi].cast("B")) for lo, hi in self.layout.blocks)

    def roots(self, parameters: Tensor, plan: Plan, tasks: np.ndarray) -> bytes:
        """The roots of the true rows of `tasks` at `parameters` [D], concatenated.

        Its bits are those of an honest worker on the same kind of device.
        """
        chunk = self.gradients.objective.chunk
        rows = parameters.new_empty(min(chunk, len(tasks)), self.layout.size)
        roots = []
        for start in range(0, len(tasks), chunk):
            part = tasks[start : start + chunk]
            for row in self.gradients.rows(parameters, plan, part, rows[: len(part)]):
                roots.append(self.agreement.root(self.leaves(row)))
        return b"".join(roots)
