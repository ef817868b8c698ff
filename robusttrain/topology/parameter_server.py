"""The parameter-server topology: the server's loop and the worker rank's, side by side.

server                                     worker rank
MEMBERS  who is in, if that changed  ->    the plan follows from it
PUBLISH  parameters                  ->    gradients of its tasks; liars forge theirs
claims                               <-    COMMIT  a digest of every copy
AUDIT    disputed tasks              <->   TRUTH   their digests, if a trusted rank recomputes
verdict, sources
PULL     which copies, from whom     <->   LEAVES  their blocks' digests
BLOCK    next block, please          <->   ROWS    that block of each row
aggregate, step; STOP at the end     ->    leave
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from robusttrain.comm.hub import Hub
from robusttrain.comm.link import Kind, Link, Message, table
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
    """

    plan: Plan
    outcome: Outcome
    seconds: float
    bytes_received: int
    lost: dict[int, str]
    changes: list[str]


@dataclass(eq=False)
class Server:
    """All that rank 0 needs.

    steps: int. How many to run.
    secret: int. Seeds the server's own randomness.
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
    secret: int
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
    """Run all steps, reporting each. Raises RuntimeError if no rank with workers is left."""
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
        report(Step(plan, outcome, seconds, received, dict(hub.lost), changes))
        if not any(server.hosting[rank] for rank in hub.links):
            raise RuntimeError(f"no worker rank is left after step {step}")
    hub.stop()


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
    status: np.ndarray | None = None
    answers: Answers | None = None
    while (message := link.receive(limit, wait)).kind != Kind.STOP:
        if message.kind == Kind.MEMBERS:
            status = message.bytes()
            continue
        if message.kind == Kind.PUBLISH:
            answers = None  # so that the rows of two steps are never held at once
            tasks, parameters = plan(message.step, status), message.floats().to(link.device)
            answers = worker.answer(tasks, parameters)
            reply = message.reply(Kind.COMMIT, table(answers.commitments(tasks)))
        elif message.kind == Kind.AUDIT:
            wanted = message.bytes().view(np.int64)
            reply = message.reply(
                Kind.TRUTH, table(worker.recompute.roots(parameters, tasks, wanted))
            )
        elif message.kind == Kind.PULL:
            assert answers is not None
            copies = message.bytes().view(np.int64).reshape(-1, 2)
            chosen, leaves = answers.choose([(w, t) for w, t in copies.tolist()])
            reply = message.reply(Kind.LEAVES, table(leaves))
        else:
            assert answers is not None
            rows = answers.block(chosen, *worker.recompute.layout.blocks[message.index])
            reply = message.reply(Kind.ROWS, rows.view(-1).view(torch.uint8))
        link.send(reply, wait)
        if message.kind == Kind.PUBLISH and worker.reads_ahead:
            worker.expect(plan(message.step + 1, status))  # the members may be others by then
