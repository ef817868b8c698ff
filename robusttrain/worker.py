"""What a worker rank answers: honest rows, forged rows, and the commitment to each."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from robusttrain.attack.base import View
from robusttrain.core.types import Plan
from robusttrain.recompute import Recompute
from robusttrain.threat import Threat


class Answers:
    """The rows of one step, [n, D] on the device, and which row each (worker, task) copy is."""

    def __init__(
        self, rows: Tensor, honest: int, index: dict[tuple[int, int], int], worker: "Worker"
    ) -> None:
        self.rows, self.honest, self.index, self.worker = rows, honest, index, worker
        used = sorted(set(index.values()))
        self.leaves = {row: worker.recompute.leaves(rows[row]) for row in used}
        self.roots = {
            row: worker.recompute.agreement.root(leaves) for row, leaves in self.leaves.items()
        }

    def commitments(self, plan: Plan) -> bytes:
        """The roots of all copies, worker by worker, task by task."""
        return b"".join(
            self.roots[self.index[w, int(t)]] for w in self.worker.hosted for t in plan.held([w])
        )

    def choose(self, copies: list[tuple[int, int]]) -> tuple[list[int], bytes]:
        """The rows of the copies asked for, and their leaves."""
        chosen = [self.index[copy] for copy in copies]
        return chosen, b"".join(self.leaves[row] for row in chosen)

    def block(self, chosen: list[int], lo: int, hi: int) -> Tensor:
        """[len(chosen), hi - lo]: coordinates lo..hi of the rows, as they are sent."""
        picked = torch.tensor(chosen, device=self.rows.device)
        block = self.rows[:, lo:hi].index_select(0, picked)
        lies = picked >= self.honest
        if lies.any():
            block[lies] = self.worker.threat.attack.deliver(block[lies])
        return block


@dataclass(frozen=True, eq=False)
class Worker:
    """One rank: the logical workers it hosts and all that they need."""

    hosted: list[int]
    recompute: Recompute
    threat: Threat

    def answer(self, plan: Plan, parameters: Tensor) -> Answers:
        """Compute each distinct task once, forge what the threat asks for, commit to it all."""
        mine = plan.held(self.hosted)
        forged = np.flatnonzero(self.threat.targeted(plan))
        crews = [
            (crew, known if self.threat.attack.needs_known else mine[:0], tasks)
            for crew, known in self.threat.crews(plan, self.hosted)
            if len(tasks := np.intersect1d(plan.held(crew), forged))
        ]
        needed = np.unique(np.concatenate([mine, *(known for _, known, _ in crews)]))
        honest, lies = len(needed), sum(len(tasks) for _, _, tasks in crews)
        rows = parameters.new_empty(honest + lies, self.recompute.layout.size)
        self.recompute.gradients.rows(parameters, plan, needed, rows[:honest])

        place = dict(zip(needed.tolist(), range(honest), strict=True))
        index = {(w, t): place[t] for w in self.hosted for t in plan.held([w]).tolist()}

        def pick(tasks: np.ndarray) -> Tensor:
            return rows[:honest] if len(tasks) == honest else rows[needed.searchsorted(tasks)]

        free = honest
        for crew, known, tasks in crews:
            view = View(
                honest=pick(tasks),
                known=pick(known),
                workers=plan.workers,
                byzantine=self.threat.byzantine,
            )
            rows[free : free + len(tasks)] = self.threat.attack.forge(view)
            copies = list(enumerate(tasks.tolist(), start=free))
            index |= {(w, t): row for row, t in copies for w in crew if (w, t) in index}
            free += len(tasks)
        return Answers(rows, honest, index, self)
