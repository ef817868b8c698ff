"""Owners: which worker of a rank each row of a message is about."""

from collections.abc import Callable, Sequence

import numpy as np

from robusttrain.comm.link import Kind, Message
from robusttrain.protocol.draws import SIZE
from robusttrain.redundancy.checkers import sources_of
from robusttrain.types import Plan


class Owners:
    """Follows what the server asks of a rank, so as to know whose rows are in its answers.

    hosted: the workers of the rank.
    checkers: int. Successors that each member checks, with probes.
    """

    def __init__(self, hosted: Sequence[int], checkers: int) -> None:
        self.hosted, self.checkers = hosted, checkers
        self._pulled: list[int] = []
        self._checking: list[int] = []

    def hear(self, message: Message) -> None:
        """Note what the server asks for."""
        if message.kind == Kind.PULL:
            self._pulled = message.bytes().view(np.int64).reshape(-1, 2)[:, 0].tolist()
        elif message.kind == Kind.REVEAL:
            order = np.frombuffer(message.bytes().tobytes(), np.int64, offset=SIZE).tolist()
            sources = sources_of(order, self.checkers)
            self._checking = [w for w in self.hosted for _ in sources.get(w, ())]

    def of(self, message: Message, plan: Callable[[int], Plan]) -> list[int] | None:
        """The worker of each of the equal rows of an answer; None: they are nobody's alone.

        plan: step -> who computes what.
        """
        if message.kind == Kind.COMMIT:
            held = plan(message.step).holdings
            return [w for w in self.hosted for _ in held[w]]
        if message.kind in (Kind.LEAVES, Kind.ROWS):
            return self._pulled
        if message.kind == Kind.CLAIMS:
            return self._checking
        return [message.pull] if message.kind == Kind.SUM else None
