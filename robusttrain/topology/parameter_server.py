"""The parameter-server topology: the server's loop and the worker rank's, side by side.

server                                     worker rank
MEMBERS  who is in, if that changed  ->    the plan follows from it
PUBLISH  parameters                  ->    gradients of its tasks; liars forge theirs
claims                               <-    COMMIT  a digest of every copy
AUDIT    disputed tasks              <->   TRUTH   their digests, if a trusted rank recomputes
verdict, sources
PULL     which copies, from whom     <->   LEAVES  their blocks' digests
BLOCK    next parcel, please         <->   ROWS    some of these rows, of one block
aggregate, step
STOP     the parameters at the end   ->    leave

With probes, what stands between PUBLISH and `aggregate` is other; see `protocol/probing.py`.

FAILED, in the place of any answer, is the last message of a rank that an exception ended.
"""

import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from functools import cache, partial

import numpy as np
import torch
from torch import Tensor

from robusttrain.comm.hub import Hub
from robusttrain.comm.link import Kind, Link, Message, table
from robusttrain.comm.losses import RanksMissing, losses
from robusttrain.comm.machine import Machine
from robusttrain.defense.defense import Defense, Outcome
from robusttrain.membership.attendance import Attendance
from robusttrain.membership.budget import Budget
from robusttrain.membership.eviction import Membership
from robusttrain.ops.layout import Layout
from robusttrain.protocol.audit import Auditor
from robusttrain.protocol.exchange import Exchange
from robusttrain.protocol.root import Root
from robusttrain.protocol.side import Side
from robusttrain.rng import stream
from robusttrain.types import Plan


@dataclass(frozen=True, eq=False)
class Step:
    """What the server knows of a finished step.

    plan: who computed what.
    outcome: verdict, sources and direction.
    seconds: float. From the broadcast to the update.
    bytes_received: int. From all worker ranks, headers included.
    lost: rank -> why the server dropped it, in this step or before.
    changes: what changed in the membership or in who is waited for, for the log.
    hosting: rank -> the workers that it hosts.
    machines: rank -> where it runs.
    not_finite: int. Pulled rows that stand for a gradient which is not finite.
    silent: the workers of which nothing came, ascending.
    exceeded: bool. More workers were silent or known to lie than is assumed.
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
    silent: list[int] = field(default_factory=list)
    exceeded: bool = False


@dataclass(eq=False)
class Server:
    """All that rank 0 needs.

    steps: int. How many to run.
    secret: int. Seeds all that the server draws; never sent.
    plan: step, status [K] -> who computes what.
    hosting: rank -> the workers that it hosts.
    parameters: [D] float32. Changed in place.
    layout: how parameters and blocks lie in the flat vector.
    exchange: what is said to workers and heard from them.
    defend: status [K] -> the defence for those members.
    membership: who is a member.
    attendance: which ranks are waited for.
    budget: what is left of the faults that are assumed.
    auditor: recomputes tasks, here or on a trusted rank.
    update: direction [D] or None -> parameters moved.
    root: the samples that the server keeps for itself.
    first: int. The step to begin with.
    closes: step -> whether nothing may be left open after it, so that a checkpoint can be made.
    """

    steps: int
    secret: int = field(repr=False)
    plan: Callable[[int, np.ndarray], Plan]
    hosting: dict[int, list[int]]
    parameters: Tensor
    layout: Layout
    exchange: Exchange
    defend: Callable[[np.ndarray], Defense]
    membership: Membership
    attendance: Attendance
    auditor: Auditor
    update: Callable[[Tensor | None], None]
    root: Root
    first: int = 0
    closes: Callable[[int], bool] = lambda step: False
    budget: Budget = field(init=False, default_factory=Budget)

    def own(self, step: int) -> Callable[[], Tensor]:
        """() -> [D]: the gradient of the server's own samples at `parameters`, computed once."""
        return cache(lambda: self.root.gradient(self.auditor.here(), step, self.parameters))


def serve(server: Server, hub: Hub, report: Callable[[Step], None]) -> None:
    """Run all steps, reporting each. Raises RanksMissing if no rank with workers is left."""
    exchange = server.exchange
    server.membership.evict_now(exchange.begin(server.plan))
    if server.membership.status.any():
        tell_members(server, hub, server.first, hub.links)
    for step in range(server.first, server.steps):
        start, before = hub.clock(), hub.received
        status = server.membership.status
        plan, defense = server.plan(step, status), server.defend(status)
        back = server.attendance.begin(hub, step, welcome(server, hub, step))
        exchange.publish(hub, plan, server.parameters)
        rng, own = stream(server.secret, "defense", step), server.own(step)
        settled = exchange.settle(hub, plan, defense, server.parameters, rng, own)
        outcome = settled.outcome
        server.update(outcome.direction)
        if step == server.steps - 1 or server.closes(step):
            outcome = exchange.finish(hub, outcome)
        changes = [*back, *server.membership.review(settled.claims, outcome), *settled.changes]
        changes += server.attendance.review(hub, step)
        changes += server.budget.review(settled.claims, outcome.verdict, defense)
        if server.membership.status is not status:
            tell_members(server, hub, step, hub.links)
        seconds, received = hub.clock() - start, hub.received - before
        done = Step(plan, outcome, seconds, received, dict(hub.lost), changes,
                    server.hosting, hub.machines, settled.not_finite,
                    server.budget.silent, server.budget.exceeded)  # fmt: skip
        report(done)
        if not any(server.hosting[rank] for rank in hub.links) and not back_in(server, hub, step):
            first = next(iter(hub.tracebacks.values()), "")
            raise RanksMissing(
                f"no worker rank is left after step {step}: {losses(hub.lost)}", first
            )
    hub.stop(server.parameters.view(torch.uint8))


def welcome(server: Server, hub: Hub, step: int) -> list[int]:
    """Have those there who have joined anew, and know who is a member; returns their ranks."""
    joined = hub.welcome()
    tell_members(server, hub, step, joined)
    return joined


def back_in(server: Server, hub: Hub, step: int) -> list[int]:
    """The ranks that come in again where none was left, as soon as there is one."""
    until = hub.clock() + hub.returns
    while not (joined := welcome(server, hub, step)) and hub.clock() < until:
        time.sleep(0.1)
    return joined


def tell_members(server: Server, hub: Hub, step: int, ranks: Collection[int]) -> None:
    """Tell these ranks who is a member from now on."""
    members = table(server.membership.status.tobytes())
    hub.send(dict.fromkeys(ranks, Message(Kind.MEMBERS, step, payload=members)))


def work(
    answers: Side,
    link: Link,
    plan: Callable[[int, np.ndarray | None], Plan],
    limit: int,
    wait: float,
) -> None:
    """Answer the server until it says STOP. Raises LinkError if it is gone for `wait` seconds."""
    side = WorkerSide(answers, link, plan, limit, wait)
    message = side.receive()
    while message.kind != Kind.STOP:
        message = side.step(message)


@dataclass(eq=False)
class WorkerSide:
    """A worker rank's side of the protocol. All methods raise LinkError if the server is gone.

    answers: what this rank says to each message.
    link: to the server.
    plan: step, status [K] or None -> who computes what.
    limit: int. Bytes of the largest payload from the server.
    wait: float. Seconds to wait for the server.
    """

    answers: Side
    link: Link
    plan: Callable[[int, np.ndarray | None], Plan]
    limit: int
    wait: float
    status: np.ndarray | None = field(init=False, default=None)

    def receive(self) -> Message:
        """The next message that asks for something; what changed in the membership is noted."""
        while (message := self.link.receive(self.limit, self.wait)).kind == Kind.MEMBERS:
            self.status = message.bytes()
        return message

    def step(self, publish: Message) -> Message:
        """Answer PUBLISH and all that belongs to its step; returns the next PUBLISH, or STOP."""
        message = publish
        while True:
            late = partial(self.late, message.step)
            for reply in self.answers.replies(message, self.tasks, self.link.device, late):
                self.link.send(reply, self.wait)
            if message.kind == Kind.PUBLISH:
                # The members may be others by then.
                self.answers.expect(lambda: self.tasks(publish.step + 1))
            message = self.receive()
            if message.kind in (Kind.PUBLISH, Kind.STOP):
                self.answers.forget()
                return message

    def late(self, step: int) -> bool:
        """Whether the server has gone on from `step`."""
        return self.link.late(step)

    def tasks(self, step: int) -> Plan:
        """Who computes what, as far as this rank knows who is a member."""
        return self.plan(step, self.status)
