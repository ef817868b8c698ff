"""What a worker rank answers in one step: its rows, the commitment to each, blocks on demand."""

from collections.abc import Sequence

import torch
from torch import Tensor

from robusttrain.protocol.recompute import Recompute
from robusttrain.threat.attack.base import Attack
from robusttrain.types import Plan


class Answers:
    """The rows of one step, and which of them each copy of a task is.

    rows: [n, D] float32, on the device; the first `honest` of them are not forged.
    index: (worker, task) -> its row, for every copy that the hosted workers hold.
    hosted: the workers, in the order in which they commit.
    recompute: what makes the commitment to a row.
    attack: changes forged rows as they are delivered.
    """

    def __init__(
        self,
        rows: Tensor,
        honest: int,
        index: dict[tuple[int, int], int],
        hosted: Sequence[int],
        recompute: Recompute,
        attack: Attack,
    ) -> None:
        self.rows, self.honest, self.index, self.hosted = rows, honest, index, hosted
        self.recompute, self.attack = recompute, attack
        self.agreement = recompute.agreement
        self.leaves = {row: recompute.leaves(rows[row]) for row in sorted(set(index.values()))}
        self.roots = {row: self.agreement.root(leaves) for row, leaves in self.leaves.items()}

    def commitments(self, plan: Plan) -> bytes:
        """The roots of all copies, worker by worker, task by task."""
        return b"".join(
            self.roots[self.index[w, int(t)]] for w in self.hosted for t in plan.held([w])
        )

    def choose(self, copies: list[tuple[int, int]]) -> tuple[list[int], bytes]:
        """The rows of the copies asked for, and their leaves."""
        chosen = [self.index[copy] for copy in copies]
        return chosen, b"".join(self.leaves[row] for row in chosen)

    def block(self, chosen: list[int], lo: int, hi: int) -> Tensor:
        """[len(chosen), hi - lo]: coordinates lo..hi of the rows, as they are sent.

        One row alone that is not forged is not copied.
        """
        if len(chosen) == 1 and chosen[0] < self.honest:
            return self.rows[chosen[0] : chosen[0] + 1, lo:hi]
        picked = torch.tensor(chosen, device=self.rows.device)
        block = self.rows[:, lo:hi].index_select(0, picked)
        lies = picked >= self.honest
        if lies.any():
            block[lies] = self.attack.deliver(block[lies])
        return block
