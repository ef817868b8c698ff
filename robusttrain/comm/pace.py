"""Pace: until when those are waited for of whom something is missing, in one step."""

import math
from collections.abc import Callable, Collection
from dataclasses import dataclass

from robusttrain.comm.awaited import Awaited
from robusttrain.comm.credit import Credit

PATIENCE = 3  # times what the majority took, that the others have in all
SPREAD = 1.1  # times what the majority took: differences between ranks that nobody is charged for
SLACK = 1.0  # seconds more: pauses of a machine that have nothing to do with the length of a step


@dataclass(frozen=True, eq=False)
class Pace:
    """Waits for at most `deadline` seconds, and for no longer than the majority makes it worth.

    Once more than half have sent all of it, t seconds after `start`, the others have
    `PATIENCE` x t + `SLACK` seconds from `start` on, at most the deadline. Beyond `SPREAD` x t,
    waiting is charged to the members that are missing; who has no credit is not waited for.

    start: float. When the step began, on the clock of the hub.
    deadline: float. Seconds, from the moment that something is waited for.
    credit: Credit or None. None: only the deadline counts.
    certain: bool. False: only the deadline counts, and nothing is charged, as where ranks start.
    """

    start: float
    deadline: float
    credit: Credit | None = None
    certain: bool = True

    def wait(self, awaited: Awaited, clock: Callable[[], float]) -> None:
        """Take in messages until all is there that is waited for, or it is too late."""
        until, late = clock() + self.deadline, math.inf
        while missing := self.waited_for(awaited.missing(), now := clock()):
            if self.judges and late == math.inf and 2 * awaited.complete() > awaited.members:
                took = now - self.start
                until = min(until, self.start + PATIENCE * took + SLACK)
                late = self.start + SPREAD * awaited.uneven * took
            heard = awaited.hear(min(until, max(now, late) + self.lasts(missing, now)))
            if self.credit is not None and (waited := clock() - max(now, late)) > 0:
                self.credit.charge(missing, waited)
            if clock() > until or (not heard and clock() == until):
                break  # whoever floods this side with messages is no reason to go on

    @property
    def judges(self) -> bool:
        """Whether the majority's time counts."""
        return self.certain and self.credit is not None

    def waited_for(self, missing: Collection[int], now: float) -> list[int]:
        """Those of the missing that are worth it."""
        return list(missing) if self.credit is None else self.credit.waited_for(missing, now)

    def lasts(self, missing: Collection[int], now: float) -> float:
        """Seconds until one of the missing has no credit if they stay late."""
        return math.inf if self.credit is None else self.credit.lasts(missing, now)
