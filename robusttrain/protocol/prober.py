"""A worker rank's side of the exchange with probes: sums without being asked, claims when told."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import torch

from robusttrain.comm.link import Kind, Message, table
from robusttrain.protocol.checker import Checker, blocks_of
from robusttrain.protocol.shares import shares
from robusttrain.protocol.worker import Worker
from robusttrain.redundancy.checkers import sources_of
from robusttrain.types import Plan


class Prober:
    """Sends the sum of each hosted worker, and its claims about the sums of others.

    A check uses the plan and the parameters of the last PUBLISH; REVEAL comes before the next.

    worker: what computes rows, here of shares.
    checker: what makes claims.
    checkers: int. Successors that each member checks.
    """

    def __init__(self, worker: Worker, checker: Checker, checkers: int) -> None:
        self.worker, self.checker, self.checkers = worker, checker, checkers

    def replies(
        self, message: Message, plan: Callable[[int], Plan], device: torch.device
    ) -> Iterator[Message]:
        """What is sent in reply to one message, in order. plan: step -> who computes what."""
        if message.kind == Kind.PUBLISH:
            self.plan = shares(plan(message.step))
            self.parameters = message.floats().to(device)
            yield from self._sums(message)
            return
        _, *order = message.bytes().view(np.int64).tolist()
        sources, said = sources_of(order, self.checkers), b""
        for worker in self.worker.hosted:
            for source in sources.get(worker, ()):
                said += self.checker.claim(self.plan, self.parameters, worker, source)
        yield message.reply(Kind.CLAIMS, table(said))

    def _sums(self, message: Message) -> Iterator[Message]:
        answers = self.worker.answer(self.plan, self.parameters)
        for worker in self.worker.hosted:
            if worker not in answers.mute:
                for index, block in enumerate(blocks_of(answers, self.plan, worker)):
                    data = block.view(-1).view(torch.uint8)
                    yield replace(message, kind=Kind.SUM, pull=worker, index=index, payload=data)

    def expect(self, plan: Callable[[], Plan]) -> None:
        """Nothing: what is read next depends on whether this step is probed."""

    def forget(self) -> None:
        """Nothing: the rows are gone when they are sent."""
