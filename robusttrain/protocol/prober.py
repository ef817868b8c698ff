"""A worker rank's side of the exchange with probes: sums without being asked, claims when told."""

from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from robusttrain.comm.link import Kind, Message, table
from robusttrain.protocol.answers import Answers
from robusttrain.protocol.shares import shares
from robusttrain.protocol.worker import Worker
from robusttrain.redundancy.checkers import sources_of
from robusttrain.redundancy.fingerprint import Exact
from robusttrain.rng import stream
from robusttrain.types import Plan


class Prober:
    """Sends the sum of each hosted worker, and its claims about the sums of others.

    A check computes the source's sum from its share and the old parameters, which are there until
    the next PUBLISH is taken in; also where this rank hosts the source itself.

    worker: what computes rows, here of shares.
    checkers: int. Successors that each member checks.
    pool: Executor. Makes fingerprints.
    """

    def __init__(self, worker: Worker, checkers: int, pool: Executor) -> None:
        self.worker, self.checkers, self.pool = worker, checkers, pool

    def replies(
        self, message: Message, plan: Callable[[int], Plan], device: torch.device
    ) -> Iterator[Message]:
        """What is sent in reply to one message, in order; see `Answerer.replies`."""
        if message.kind == Kind.PUBLISH:
            self.plan = shares(plan(message.step))
            self.parameters = message.floats().to(device)
            yield from self._sums(message, self.worker.answer(self.plan, self.parameters))
        else:
            _, *order = message.bytes().view(np.int64).tolist()
            sources = sources_of(order, self.checkers)
            claims = [
                self._claim(worker, source)
                for worker in self.worker.hosted
                for source in sources.get(worker, ())
            ]
            yield message.reply(Kind.CLAIMS, table(b"".join(claims)))

    def expect(self, plan: Callable[[], Plan]) -> None:
        """Nothing: what is read next depends on whether this step is probed."""

    def forget(self) -> None:
        """Nothing: the rows are gone when they are sent."""

    def _sums(self, message: Message, answers: Answers) -> Iterator[Message]:
        for worker in self.worker.hosted:
            for share in self.plan.held([worker]).tolist():
                if worker not in answers.mute:
                    for index, block in enumerate(self._blocks(answers, worker, share)):
                        data = block.view(-1).view(torch.uint8)
                        yield replace(
                            message, kind=Kind.SUM, pull=worker, index=index, payload=data
                        )

    def _blocks(self, answers: Answers, worker: int, share: int) -> Iterator[Tensor]:
        row = answers.index[worker, share]
        for lo, hi in self.worker.recompute.layout.blocks:
            yield answers.block([row], lo, hi)

    def _claim(self, worker: int, source: int) -> bytes:
        """What a worker says of a source's sum: the truth, unless it lies."""
        threat, step = self.worker.threat, self.plan.step
        liars = threat.liars(self.plan)
        if not liars[worker] or threat.claims == "honest":
            return self._fingerprint(self._true_sum(source))
        if threat.claims == "silent":
            return bytes(Exact.width)
        if threat.claims == "lazy":
            return self._fingerprint(torch.zeros_like(self.parameters))
        if liars[source]:
            return self._fingerprint(self._sent_by(source))
        if threat.claims == "frame":
            return stream(threat.seed, "attack", "claim", step, worker, source).bytes(Exact.width)
        return self._fingerprint(self._true_sum(source))

    def _true_sum(self, source: int) -> Tensor:
        row, share = self.parameters.new_empty(1, len(self.parameters)), self.plan.held([source])
        return self.worker.recompute.gradients.rows(self.parameters, self.plan, share, row)[0]

    def _sent_by(self, liar: int) -> Tensor:
        """The sum that a colluder has sent, as far as what is known here makes it the same."""
        colluder = replace(self.worker, hosted=[liar], sleep=lambda seconds: None)
        colluder.history.update(self.worker.history)
        answers = colluder.answer(self.plan, self.parameters)
        (share,) = self.plan.held([liar]).tolist()
        return torch.cat([block[0] for block in self._blocks(answers, liar, share)])

    def _fingerprint(self, vector: Tensor) -> bytes:
        made = Exact(self.worker.recompute.layout.blocks, self.pool)
        made.add_sum(0, vector)
        return made.fingerprints()[0].claim
