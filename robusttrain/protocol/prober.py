"""A worker rank's side of the exchange with probes: sums without being asked, claims when told."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from robusttrain.comm.link import Kind, Message, table
from robusttrain.protocol.answers import Answers
from robusttrain.protocol.checker import Checker, parcels_of
from robusttrain.protocol.draws import SIZE
from robusttrain.protocol.referee import perturbed
from robusttrain.protocol.share_gradients import ShareGradients
from robusttrain.protocol.shares import Shares, shares
from robusttrain.protocol.side import Overtaken, never
from robusttrain.protocol.worker import Worker
from robusttrain.redundancy.checkers import sources_of
from robusttrain.redundancy.fingerprinting import packed
from robusttrain.types import Plan


class Prober:
    """Sends the sum of each hosted worker, and its claims about the sums of others.

    A check uses the plan and the parameters of the last PUBLISH; REVEAL comes before the next. A
    rank that hosts no workers computes for the referee, which asks after the next. Of a step that
    the server has left, only plan and parameters are noted: sums and claims would come too late.
    A rank that has just come back, and has not heard what it is to check, claims nothing.

    worker: what computes rows, here of shares.
    checker: what makes claims.
    checkers: int. Successors that each member checks.
    published: list of (plan, parameters [D]). The last one, at a trusted rank the last two.
    """

    def __init__(self, worker: Worker, checker: Checker, checkers: int) -> None:
        self.worker, self.checker, self.checkers = worker, checker, checkers
        self.published: list[tuple[Shares, Tensor]] = []

    def replies(
        self, message: Message, plan: Callable[[int], Plan], device: torch.device,
        late: Callable[[], bool] = never,
    ) -> Iterator[Message]:  # fmt: skip
        if message.kind == Kind.AUDIT:
            yield message.reply(Kind.TRUTH, table(self._truth(message.bytes().tobytes())))
            return
        if message.kind == Kind.PUBLISH and message.size:
            before = [] if self.worker.hosted else self.published[-1:]
            parameters = message.floats().to(device)
            self.published = [*before, (shares(plan(message.step)), parameters)]
        with suppress(Overtaken), self._until(late):
            if message.kind == Kind.REVEAL:
                yield from self._claims(message, lambda: plan(message.step), late)
            elif message.size:
                yield from self._sums(message, late)

    @contextmanager
    def _until(self, late: Callable[[], bool]) -> Iterator[None]:
        """Meanwhile what is computed here ends with Overtaken once it comes too late."""
        gradients = self.worker.recompute.gradients
        assert isinstance(gradients, ShareGradients)
        gradients.late = late
        try:
            yield
        finally:
            gradients.late = never

    def _truth(self, asked: bytes) -> bytes:
        step, source, number = np.frombuffer(asked, np.int64, 3).tolist()
        plan, parameters = next(kept for kept in self.published if kept[0].step == step)
        return packed(self.checker.true(plan, perturbed(parameters, number), source, asked[24:]))

    def _claims(
        self, reveal: Message, following: Callable[[], Plan], late: Callable[[], bool]
    ) -> Iterator[Message]:
        """What the hosted say of the sums that they check; following: () -> the next plan."""
        told = reveal.bytes().tobytes()
        seed, order = told[:SIZE], np.frombuffer(told, np.int64, offset=SIZE)
        sources = sources_of(order.tolist(), self.checkers)
        pairs = [(w, source) for w in self.worker.hosted for source in sources.get(w, ())]
        if not pairs or late():
            return
        if not any(plan.step == reveal.step - 1 for plan, _ in self.published):
            # This rank has joined after that step: it has nothing to say.
            nothing = bytes(self.checker.fingerprinting.width * len(pairs))
            yield reveal.reply(Kind.CLAIMS, table(nothing))
            return
        plan, parameters = self.published[-1]
        if self.worker.reads_ahead:
            checked = [(plan, plan.held([source])) for _, source in pairs]
            self.worker.expect(shares(following()), checked)
        said = b"".join(self.checker.claim(plan, parameters, w, s, seed) for w, s in pairs)
        yield reveal.reply(Kind.CLAIMS, table(said))

    def _sums(self, publish: Message, late: Callable[[], bool]) -> Iterator[Message]:
        plan, parameters = self.published[-1]
        if late():
            self.worker.remember(plan, parameters)
            return
        for worker, answers in self._answers(plan, parameters):
            for first, parcel in parcels_of(answers, plan, worker):
                data = parcel.view(-1).view(torch.uint8)
                yield replace(publish, kind=Kind.SUM, pull=worker, index=first, payload=data)
                if late():
                    return

    def _answers(self, plan: Shares, parameters: Tensor) -> Iterator[tuple[int, Answers]]:
        """Each worker and what it answers; computed one by one where nobody here lies.

        So one sum is sent, and then gone, before the next one is computed; not where samples are
        read ahead, which needs all shares at once.
        """
        if self.worker.reads_ahead or self.worker.groups(plan):
            together = self.worker.answer(plan, parameters)
            yield from ((worker, together) for worker in self.worker.hosted)
            return
        self.worker.remember(plan, parameters)
        for worker in self.worker.hosted:
            alone = replace(self.worker, hosted=[worker])
            yield worker, alone.answer(plan, parameters)

    def expect(self, plan: Callable[[], Plan]) -> None:
        """Have the samples read ahead of the next sums, if this is their plan and nobody checks."""
        if self.worker.reads_ahead:
            self.worker.expect(shares(plan()))

    def forget(self) -> None:
        """Nothing: the rows are gone when they are sent."""
