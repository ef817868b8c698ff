"""The parameter-server topology: the server's loop and the worker rank's, side by side.

server                                     worker rank
PUBLISH  parameters                  ->    gradients of its tasks; liars forge theirs
claims, verdict, sources             <-    COMMIT  a digest of every copy
PULL     which copies, from whom     <->   LEAVES  their blocks' digests
BLOCK    next block, please          <->   ROWS    that block of each row
aggregate, step; STOP at the end     ->    leave
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from robusttrain.agreement.base import Agreement
from robusttrain.comm.hub import Hub
from robusttrain.comm.link import Kind, Link, Message, table
from robusttrain.core.layout import Layout
from robusttrain.core.rng import stream
from robusttrain.core.types import Plan
from robusttrain.defense import Defense, Outcome
from robusttrain.topology.pull import Puller
from robusttrain.worker import Answers, Worker


@dataclass(frozen=True, eq=False)
class Step:
    """What the server knows of a finished step."""

    plan: Plan
    outcome: Outcome
    seconds: float
    bytes_received: int
    lost: dict[int, str]


@dataclass(eq=False)
class Server:
    """All that rank 0 needs; `parameters` [D] are changed in place."""

    steps: int
    seed: int
    plan: Callable[[int], Plan]
    hosting: dict[int, list[int]]
    parameters: Tensor
    layout: Layout
    agreement: Agreement
    defense: Defense
    update: Callable[[Tensor | None], None]


def serve(server: Server, hub: Hub, report: Callable[[Step], None]) -> None:
    """Run all steps, reporting each. Raises RuntimeError if no worker rank is left."""
    for step in range(server.steps):
        start, before = time.monotonic(), hub.received
        plan = server.plan(step)
        parameters = server.parameters.view(torch.uint8)
        hub.send(dict.fromkeys(hub.links, Message(Kind.PUBLISH, step, payload=parameters)))
        roots = commitments(server, hub, plan)
        claims = server.agreement.claims(plan, roots)
        puller = Puller(
            hub, server.hosting, server.agreement, server.layout.blocks,
            server.parameters.device, plan, claims, roots,
        )  # fmt: skip
        outcome = server.defense.settle(
            plan, claims, puller.rows, stream(server.seed, "defense", step)
        )
        server.update(outcome.direction)
        seconds, received = time.monotonic() - start, hub.received - before
        report(Step(plan, outcome, seconds, received, dict(hub.lost)))
        if not hub.links:
            raise RuntimeError(f"no worker rank is left after step {step}")
    hub.stop()


def commitments(server: Server, hub: Hub, plan: Plan) -> dict[int, np.ndarray]:
    """worker -> [tasks it holds, width] uint8, for the workers of all ranks that answered."""
    width = server.agreement.width
    held = {w: int(n) for w, n in enumerate(plan.holders.sum(axis=1))}
    sizes = {r: width * sum(held[w] for w in hosted) for r, hosted in server.hosting.items()}
    roots: dict[int, np.ndarray] = {}
    for rank, payload in hub.gather(Message(Kind.COMMIT, plan.step), sizes).items():
        hosted = server.hosting[rank]
        said = b"" if payload is None else payload.numpy().tobytes()
        table = np.frombuffer(said, dtype=np.uint8).reshape(sum(held[w] for w in hosted), width)
        edges = np.cumsum([held[w] for w in hosted])[:-1]
        roots |= dict(zip(hosted, np.split(table, edges), strict=True))
    return roots


def work(worker: Worker, link: Link, plan: Callable[[int], Plan], limit: int, wait: float) -> None:
    """Answer the server until it says STOP. Raises LinkError if it is gone for `wait` seconds."""
    answers: Answers | None = None
    while (message := link.receive(limit, wait)).kind != Kind.STOP:
        if message.kind == Kind.PUBLISH:
            answers = None  # so that the rows of two steps are never held at once
            tasks = plan(message.step)
            answers = worker.answer(tasks, message.floats().to(link.device))
            reply = message.reply(Kind.COMMIT, table(answers.commitments(tasks)))
        elif message.kind == Kind.PULL:
            assert answers is not None
            assert message.payload is not None
            copies = message.payload.view(torch.int64).view(-1, 2)
            chosen, leaves = answers.choose([(w, t) for w, t in copies.tolist()])
            reply = message.reply(Kind.LEAVES, table(leaves))
        else:
            assert answers is not None
            rows = answers.block(chosen, *worker.layout.blocks[message.index])
            reply = message.reply(Kind.ROWS, rows.view(-1).view(torch.uint8))
        link.send(reply, wait)
