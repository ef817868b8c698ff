"""Pulling the chosen rows, block by block, each block checked against its commitment."""

from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from robusttrain.comm.hub import Hub
from robusttrain.comm.link import Kind, Message, table
from robusttrain.protocol.row_checks import Fault, RowChecks
from robusttrain.redundancy.agreement.base import Commitments
from robusttrain.types import Claims, CommitmentBroken, Plan, Sources

AHEAD = 2
TOGETHER = 16  # rows that a thread checks at a time


@dataclass(eq=False)
class Puller:
    """The server's side of one step's pulls: `rows(sources)` streams blocks [n, b] in task order.

    A copy that does not match what was committed convicts the worker that sent it; a row that is
    not finite convicts all that committed to it. Rows of lost ranks make their workers absent. All
    of these raise `CommitmentBroken`; what is still on its way is thrown away by its label.

    hub: Hub. To the worker ranks.
    hosting: rank -> list[int]. The workers of each rank.
    checks: RowChecks. Of rows, by the digests that the agreement makes.
    blocks: list of (first, end). Coordinates of each block.
    device: torch.device. Where blocks are wanted.
    claims: Claims. Who committed to the same.
    said: Commitments. The commitments of this step.
    pulls: int. How many pulls this step has had so far; labels what belongs to each.
    not_finite: int. Rows of the last pull that stand for a gradient which is not finite.
    """

    hub: Hub
    hosting: dict[int, list[int]]
    checks: RowChecks
    blocks: list[tuple[int, int]]
    device: torch.device
    claims: Claims
    said: Commitments
    pulls: int = 0
    not_finite: int = 0

    @property
    def plan(self) -> Plan:
        return self.claims.plan

    def rows(self, sources: Sources) -> Iterator[Tensor]:
        self.pulls += 1
        orders = self._orders(sources)
        message = Message(Kind.PULL, self.plan.step, self.pulls)
        self.hub.send({r: message.reply(Kind.PULL, table(o.tobytes())) for r, o in orders.items()})
        leaves = self._leaves(orders)
        for index in range(min(AHEAD, len(self.blocks))):
            self._ask(orders, index)
        kept = sources.kept
        for index, (lo, hi) in enumerate(self.blocks):
            block = torch.empty(len(kept), hi - lo, device=self.device)
            checked: dict[int, list[Future[list[Fault]]]] = {}
            for rank, payload in self._gather(Kind.ROWS, index, orders, 4 * (hi - lo)).items():
                copies = orders[rank]
                rows = payload.view(torch.float32).view(len(copies), hi - lo)
                checked[rank] = [
                    self.checks.begin(
                        rows[at : at + TOGETHER], leaves[rank][at : at + TOGETHER, index]
                    )
                    for at in range(0, len(copies), TOGETHER)
                ]
                where = torch.from_numpy(np.searchsorted(kept, copies[:, 1]))
                block[where.to(self.device)] = rows.to(self.device)
            for rank, parts in checked.items():
                self._judge(orders[rank], [fault for part in parts for fault in part.result()])
            if index == 0:
                self.not_finite = stand_ins(block)
            if index + AHEAD < len(self.blocks):
                self._ask(orders, index + AHEAD)
            yield block

    def _orders(self, sources: Sources) -> dict[int, np.ndarray]:
        """rank -> the copies (worker, task) that it is asked for, [n, 2]."""
        kept = sources.kept
        copies = np.stack([sources.workers[kept], kept], axis=1).astype(np.int64)
        orders = {r: copies[np.isin(copies[:, 0], hosted)] for r, hosted in self.hosting.items()}
        return {rank: order for rank, order in orders.items() if len(order)}

    def _ask(self, orders: dict[int, np.ndarray], index: int) -> None:
        message = Message(Kind.BLOCK, self.plan.step, self.pulls, index)
        self.hub.send(dict.fromkeys(orders, message))

    def _gather(
        self, kind: Kind, index: int, orders: dict[int, np.ndarray], row_bytes: int
    ) -> dict[int, Tensor]:
        sizes = {rank: len(copies) * row_bytes for rank, copies in orders.items()}
        wanted = Message(kind, self.plan.step, self.pulls, index)
        answers = self.hub.gather(wanted, sizes)
        lost = set(orders) - set(answers)
        if lost:
            raise CommitmentBroken({}, {w: "lost" for rank in lost for w in self.hosting[rank]})
        empty = torch.empty(0, dtype=torch.uint8)
        return {rank: empty if payload is None else payload for rank, payload in answers.items()}

    def _leaves(self, orders: dict[int, np.ndarray]) -> dict[int, np.ndarray]:
        """rank -> the leaves of each row [n, blocks, width], checked against the roots."""
        width, liars, leaves = self.checks.agreement.width, {}, {}
        table = len(self.blocks) * width
        for rank, payload in self._gather(Kind.LEAVES, 0, orders, table).items():
            leaves[rank] = payload.numpy().reshape(len(orders[rank]), len(self.blocks), width)
            for (worker, task), row in zip(orders[rank].tolist(), leaves[rank], strict=True):
                if self.checks.agreement.root(row.tobytes()) != self.said.root(worker, task):
                    liars[worker] = f"sent leaves for task {task} that break its commitment"
        if liars:
            raise CommitmentBroken(liars, {})
        return leaves

    def _judge(self, copies: np.ndarray, faults: list[Fault]) -> None:
        """Raise CommitmentBroken if a row of this block breaks its leaf or is not finite."""
        liars: dict[int, str] = {}
        for (worker, task), fault in zip(copies.tolist(), faults, strict=True):
            if fault == Fault.BROKEN:
                liars[worker] = f"sent a block of task {task} that breaks its commitment"
            elif fault == Fault.INFINITE:
                liars |= dict.fromkeys(
                    self._committed_alike(worker, task),
                    f"sent a gradient of task {task} that is not finite",
                )
        if liars:
            raise CommitmentBroken(liars, {})

    def _committed_alike(self, worker: int, task: int) -> list[int]:
        if self.checks.agreement.width == 0:
            return [worker]
        team, said = self.plan.teams[task], self.claims.classes[task]
        return team[said == said[team == worker]].tolist()


def stand_ins(block: Tensor) -> int:
    """How many rows [n, b] float32 are `NOT_FINITE` everywhere, and not zero of another sign.

    >>> stand_ins(torch.tensor([[-0.0, -0.0], [0.0, 0.0], [-0.0, 0.0]]))
    1
    """
    return int((torch.signbit(block) & (block == 0)).all(dim=1).sum())
