"""A worker rank's side of the exchange with probes: sums without being asked, claims when told."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from robusttrain.comm.link import Kind, Message, table
from robusttrain.protocol.checker import Checker, blocks_of
from robusttrain.protocol.draws import SIZE
from robusttrain.protocol.referee import perturbed
from robusttrain.protocol.shares import Shares, shares
from robusttrain.protocol.worker import Worker
from robusttrain.redundancy.checkers import sources_of
from robusttrain.redundancy.fingerprinting import packed
from robusttrain.types import Plan


class Prober:
    """Sends the sum of each hosted worker, and its claims about the sums of others.

    A check uses the plan and the parameters of the last PUBLISH; REVEAL comes before the next. A
    rank that hosts no workers computes for the referee, which asks after the next.

    worker: what computes rows, here of shares.
    checker: what makes claims.
    checkers: int. Successors that each member checks.
    published: list of (plan, parameters [D]). The last one, at a trusted rank the last two.
    """

    def __init__(self, worker: Worker, checker: Checker, checkers: int) -> None:
        self.worker, self.checker, self.checkers = worker, checker, checkers
        self.published: list[tuple[Shares, Tensor]] = []

    def replies(
        self, message: Message, plan: Callable[[int], Plan], device: torch.device
    ) -> Iterator[Message]:
        """What is sent in reply to one message, in order. plan: step -> who computes what."""
        if message.kind == Kind.PUBLISH:
            before = [] if self.worker.hosted else self.published[-1:]
            parameters = message.floats().to(device)
            self.published = [*before, (shares(plan(message.step)), parameters)]
            yield from self._sums(message)
        elif message.kind == Kind.AUDIT:
            yield message.reply(Kind.TRUTH, table(self._truth(message.bytes().tobytes())))
        elif said := self._claims(message.bytes().tobytes(), lambda: plan(message.step)):
            yield message.reply(Kind.CLAIMS, table(said))

    def _truth(self, asked: bytes) -> bytes:
        step, source, number = np.frombuffer(asked, np.int64, 3).tolist()
        plan, parameters = next(kept for kept in self.published if kept[0].step == step)
        return packed(self.checker.true(plan, perturbed(parameters, number), source, asked[24:]))

    def _claims(self, revealed: bytes, following: Callable[[], Plan]) -> bytes:
        """What the hosted say of the sums that they check; following: () -> the next plan."""
        seed, order = revealed[:SIZE], np.frombuffer(revealed, np.int64, offset=SIZE)
        plan, parameters = self.published[-1]
        sources = sources_of(order.tolist(), self.checkers)
        pairs = [(w, source) for w in self.worker.hosted for source in sources.get(w, ())]
        if self.worker.reads_ahead:
            checked = [(plan, plan.held([source])) for _, source in pairs]
            self.worker.expect(shares(following()), checked)
        return b"".join(self.checker.claim(plan, parameters, w, s, seed) for w, s in pairs)

    def _sums(self, message: Message) -> Iterator[Message]:
        plan, parameters = self.published[-1]
        answers = self.worker.answer(plan, parameters)
        for worker in self.worker.hosted:
            if worker not in answers.mute:
                for index, block in enumerate(blocks_of(answers, plan, worker)):
                    data = block.view(-1).view(torch.uint8)
                    yield replace(message, kind=Kind.SUM, pull=worker, index=index, payload=data)

    def expect(self, plan: Callable[[], Plan]) -> None:
        """Have the samples read ahead of the next sums, if this is their plan and nobody checks."""
        if self.worker.reads_ahead:
            self.worker.expect(shares(plan()))

    def forget(self) -> None:
        """Nothing: the rows are gone when they are sent."""
