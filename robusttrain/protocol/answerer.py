"""A worker rank's side of the exchange with copies: commits, and sends what is asked for."""

from collections.abc import Callable, Iterator

import numpy as np
import torch

from robusttrain.comm.link import Kind, Message, table
from robusttrain.protocol.answers import Answers
from robusttrain.protocol.parcels import Parcels
from robusttrain.protocol.side import never
from robusttrain.protocol.worker import Worker
from robusttrain.types import Plan


class Answerer:
    """Answers each message of the server by one of its own.

    A step that the server has left is left out: what was computed would come too late.

    worker: what computes the rows.
    """

    def __init__(self, worker: Worker) -> None:
        self.worker = worker
        self.answers: Answers | None = None
        self.step = -1

    def replies(
        self, message: Message, plan: Callable[[int], Plan], device: torch.device,
        late: Callable[[], bool] = never,
    ) -> Iterator[Message]:  # fmt: skip
        """What is sent in reply to one message, in order. plan: step -> who computes what."""
        if message.kind == Kind.PUBLISH:
            if not message.size or late():
                return
            self.step, self.tasks = message.step, plan(message.step)
            self.parameters = message.floats().to(device)
            self.answers = self.worker.answer(self.tasks, self.parameters)
            yield message.reply(Kind.COMMIT, table(self.answers.commitments(self.tasks)))
            return
        if message.kind == Kind.AUDIT:
            if self.step != message.step:
                return
            wanted = message.bytes().view(np.int64)
            roots = self.worker.recompute.roots(self.parameters, self.tasks, wanted)
            yield message.reply(Kind.TRUTH, table(roots))
            return
        if self.answers is None:
            return  # of a step that was left out
        if message.kind == Kind.PULL:
            copies = message.bytes().view(np.int64).reshape(-1, 2)
            self.chosen, leaves = self.answers.choose([(w, t) for w, t in copies.tolist()])
            blocks = self.worker.recompute.layout.blocks
            self.parcels = Parcels(blocks, len(self.chosen))
            yield message.reply(Kind.LEAVES, table(leaves))
            return
        block, first, end = self.parcels[message.index]
        rows = self.answers.block(self.chosen[first:end], *self.parcels.blocks[block])
        yield message.reply(Kind.ROWS, rows.view(-1).view(torch.uint8))

    def expect(self, plan: Callable[[], Plan]) -> None:
        """Have the samples read ahead that the next PUBLISH needs, if this is its plan."""
        if self.worker.reads_ahead:
            self.worker.expect(plan())

    def forget(self) -> None:
        """The step is over; so that the rows of two steps are never held at once."""
        self.answers = None
