"""The parameter-server topology: the server's loop and the worker rank's, side by side.

server                                     worker rank
MEMBERS  who is in, if that changed  ->    the plan follows from it
PUBLISH  parameters                  ->    gradients of its tasks; liars forge theirs
claims                               <-    COMMIT  a digest of every copy
AUDIT    disputed tasks              <->   TRUTH   their digests, if a trusted rank recomputes
verdict, sources
PULL     which copies, from whom     <->   LEAVES  their blocks' digests
BLOCK    next block, please          <->   ROWS    that block of each row
aggregate, step
STOP     the parameters at the end   ->    leave

FAILED, in the place of any answer, is the last message of a rank that an exception ended.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from robusttrain.comm.hub import Hub, RanksMissing
from robusttrain.comm.link import Kind, Link, Message, table
from robusttrain.comm.machine import Machine
from robusttrain.defense.defense import Defense, Outcome
from robusttrain.membership.eviction import Membership
from robusttrain.ops.layout import Layout
from robusttrain.protocol.audit import Auditor
from robusttrain.protocol.pull import Puller
from robusttrain.protocol.root import Root
from robusttrain.redundancy.agreement.base import Agreement, Commitments
from robusttrain.rng import stream
from robusttrain.types import Plan

if TYPE_CHECKING:  # the worker's side knows the threat; this module must not
    from robusttrain.protocol.answers import Answers
    from robusttrain.protocol.worker import Worker


@dataclass(frozen=True, eq=False)
class Step:
    """What the server knows of a finished step.

    plan: who computed what.
    outcome: verdict, sources and direction.
    seconds: float. From the broadcast to the update.
    bytes_received: int. From all worker ranks, headers included.
    lost: rank -> why the server dropped it, in this step or before.
    changes: what changed in the membership, for the log.
    hosting: rank -> the workers that it hosts.
    machines: rank -> where it runs.
    not_finite: int. Pulled rows that stand for a gradient which is not finite.
    """

    plan: Plan
    outcome: Outcome
    seconds: float
    bytes_received: int
    lost: dict[int, str]
    changes: list[str]
    hosting: Mapping[int, list[int]] = field(default_factory=dict)
    machines: Mapping[int, Machine] = field(default_factory=dict)
    not_finite: int = 0


@dataclass(eq=False)
class Server:
    """All that rank 0 needs.

    steps: int. How many to run.
    secret: int. Seeds all that the server draws; never sent.
    plan: step, status [K] -> who computes what.
    hosting: rank -> the workers that it hosts.
    parameters: [D] float32. Changed in place.
    layout: how parameters and blocks lie in the flat vector.
    agreement: how copies are compared.
    defend: status [K] -> the defence for those members.
    membership: who is a member.
    auditor: recomputes tasks, here or on a trusted rank.
    update: direction [D] or None -> parameters moved.
    root: the samples that the server keeps for itself.
    """

    steps: int
    secret: int = field(repr=False)
    plan: Callable[[int, np.ndarray], Plan]
    hosting: dict[int, list[int]]
    parameters: Tensor
    layout: Layout
    agreement: Agreement
    defend: Callable[[np.ndarray], Defense]
    membership: Membership
    auditor: Auditor
    update: Callable[[Tensor | None], None]
    root: Root

    def own(self, step: int) -> Callable[[], Tensor]:
        """() -> [D]: the gradient of the server's own samples at `parameters`, computed once."""
        return cache(lambda: self.root.gradient(self.auditor.here(), step, self.parameters))


def serve(server: Server, hub: Hub, report: Callable[[Step], None]) -> None:
    """Run all steps, reporting each. Raises RanksMissing if no rank with workers is left."""
    for step in range(server.steps):
        start, before = hub.clock(), hub.received
        status = server.membership.status
        plan, defense = server.plan(step, status), server.defend(status)
        parameters = server.parameters.view(torch.uint8)
        hub.send(dict.fromkeys(hub.links, Message(Kind.PUBLISH, step, payload=parameters)))
        said = commitments(server, hub, plan)
        claims = said.claims()
        puller = Puller(
            hub, server.hosting, server.agreement, server.layout.blocks,
            server.parameters.device, claims, said,
        )  # fmt: skip
        outcome = defense.settle(
            claims,
            server.auditor.recompute(hub, said, server.parameters),
            puller.rows,
            stream(server.secret, "defense", step),
            server.own(step),
        )
        server.update(outcome.direction)
        changes = server.membership.review(claims, outcome)
        if server.membership.status is not status:
            members = table(server.membership.status.tobytes())
            hub.send(dict.fromkeys(hub.links, Message(Kind.MEMBERS, step, payload=members)))
        seconds, received = hub.clock() - start, hub.received - before
        done = Step(plan, outcome, seconds, received, dict(hub.lost), changes,
                    server.hosting, hub.machines, puller.not_finite)  # fmt: skip
        report(done)
        if not any(server.hosting[rank] for rank in hub.links):
            first = next(iter(hub.tracebacks.values()), "")
            raise RanksMissing(f"no worker rank is left after step {step}: {hub.losses()}", first)
    hub.stop(server.parameters.view(torch.uint8))


def commitments(server: Server, hub: Hub, plan: Plan) -> Commitments:
    """What the workers of all ranks that answered commit to."""
    width = server.agreement.width
    held = [len(tasks) for tasks in plan.holdings]
    sizes = {r: width * sum(held[w] for w in hosted) for r, hosted in server.hosting.items()}
    roots: dict[int, np.ndarray] = {}
    for rank, payload in hub.gather(Message(Kind.COMMIT, plan.step), sizes).items():
        said, place = b"" if payload is None else payload.numpy().tobytes(), 0
        for worker in server.hosting[rank]:
            rows = np.frombuffer(said, np.uint8, width * held[worker], place)
            roots[worker] = rows.reshape(held[worker], width)
            place += rows.size
    return Commitments.of(plan, roots, width)


def work(
    worker: "Worker",
    link: Link,
    plan: Callable[[int, np.ndarray | None], Plan],
    limit: int,
    wait: float,
) -> None:
    """Answer the server until it says STOP. Raises LinkError if it is gone for `wait` seconds."""
    side = WorkerSide(worker, link, plan, limit, wait)
    message = side.receive()
    while message.kind != Kind.STOP:
        message = side.step(message)


@dataclass(eq=False)
class WorkerSide:
    """A worker rank's side of the protocol. All methods raise LinkError if the server is gone.

    worker: what computes the rows.
    link: to the server.
    plan: step, status [K] or None -> who computes what.
    limit: int. Bytes of the largest payload from the server.
    wait: float. Seconds to wait for the server.
    """

    worker: "Worker"
    link: Link
    plan: Callable[[int, np.ndarray | None], Plan]
    limit: int
    wait: float
    status: np.ndarray | None = field(init=False, default=None)
    answers: "Answers | None" = field(init=False, default=None)

    def receive(self) -> Message:
        """The next message that asks for something; what changed in the membership is noted."""
        while (message := self.link.receive(self.limit, self.wait)).kind == Kind.MEMBERS:
            self.status = message.bytes()
        return message

    def step(self, publish: Message) -> Message:
        """Answer PUBLISH and all that belongs to its step; returns the next PUBLISH, or STOP."""
        message = publish
        while True:
            self.link.send(self.reply(message), self.wait)
            if message.kind == Kind.PUBLISH and self.worker.reads_ahead:
                # The members may be others by then.
                self.worker.expect(self.plan(message.step + 1, self.status))
            message = self.receive()
            if message.kind in (Kind.PUBLISH, Kind.STOP):
                self.answers = None  # so that the rows of two steps are never held at once
                return message

    def reply(self, message: Message) -> Message:
        """The answer to one message."""
        if message.kind == Kind.PUBLISH:
            self.tasks = self.plan(message.step, self.status)
            self.parameters = message.floats().to(self.link.device)
            self.answers = self.worker.answer(self.tasks, self.parameters)
            return message.reply(Kind.COMMIT, table(self.answers.commitments(self.tasks)))
        if message.kind == Kind.AUDIT:
            wanted = message.bytes().view(np.int64)
            roots = self.worker.recompute.roots(self.parameters, self.tasks, wanted)
            return message.reply(Kind.TRUTH, table(roots))
        assert self.answers is not None
        if message.kind == Kind.PULL:
            copies = message.bytes().view(np.int64).reshape(-1, 2)
            self.chosen, leaves = self.answers.choose([(w, t) for w, t in copies.tolist()])
            return message.reply(Kind.LEAVES, table(leaves))
        lo, hi = self.worker.recompute.layout.blocks[message.index]
        rows = self.answers.block(self.chosen, lo, hi)
        return message.reply(Kind.ROWS, rows.view(-1).view(torch.uint8))
