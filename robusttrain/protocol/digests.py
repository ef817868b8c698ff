"""Digests: workers commit to every copy, are compared, and send what is asked for."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from torch import Tensor

from robusttrain.comm.awaited import unevenness
from robusttrain.comm.hub import Hub
from robusttrain.comm.link import Kind, Message
from robusttrain.comm.pace import Pace
from robusttrain.comm.paces import Paces
from robusttrain.defense.defense import Defense
from robusttrain.ops.layout import Layout
from robusttrain.protocol.audit import Auditor
from robusttrain.protocol.exchange import Exchange, Settled
from robusttrain.protocol.pull import Puller
from robusttrain.protocol.row_checks import RowChecks
from robusttrain.redundancy.agreement.base import Commitments
from robusttrain.types import Plan


@dataclass(eq=False)
class Digests(Exchange):
    """The exchange with copies, and without any where `agreement` compares none.

    hosting: rank -> the workers that it hosts. layout: of parameters and blocks.
    checks: of rows, by the agreement that says how copies are compared.
    auditor: recomputes tasks, here or on a trusted rank.
    paces: Paces. How long ranks are waited for.
    """

    hosting: dict[int, list[int]]
    layout: Layout
    checks: RowChecks
    auditor: Auditor
    paces: Paces

    def settle(
        self, hub: Hub, plan: Plan, defense: Defense, parameters: Tensor,
        rng: np.random.Generator, root: Callable[[], Tensor],
    ) -> Settled:  # fmt: skip
        pace = self.paces.of_step(hub.clock(), hub.deadline)
        said = self.commitments(hub, plan, pace)
        claims = said.claims()
        self.heard()
        puller = Puller(
            hub,
            self.hosting,
            self.checks,
            self.layout.blocks,
            parameters.device,
            claims,
            said,
            pace,
        )
        truth = self.auditor.recompute(hub, said, parameters)
        outcome = defense.settle(claims, truth, puller.rows, rng, root)
        return Settled(claims, outcome, puller.not_finite, self.paces.spent(hub.clock()))

    def commitments(self, hub: Hub, plan: Plan, pace: Pace) -> Commitments:
        """What the workers of all ranks that answered commit to."""
        width = self.checks.agreement.width
        held = [len(tasks) for tasks in plan.holdings]
        sizes = {r: width * sum(held[w] for w in hosted) for r, hosted in self.hosting.items()}
        roots: dict[int, np.ndarray] = {}
        uneven = unevenness(len(plan.held(workers)) for workers in self.hosting.values())
        commit = Message(Kind.COMMIT, plan.step)
        for rank, payload in hub.gather(commit, sizes, pace, uneven).items():
            said, place = b"" if payload is None else payload.numpy().tobytes(), 0
            for worker in self.hosting[rank]:
                rows = np.frombuffer(said, np.uint8, width * held[worker], place)
                roots[worker] = rows.reshape(held[worker], width)
                place += rows.size
        return Commitments.of(plan, roots, width)
