"""Paces: how long members are waited for, step after step."""

from dataclasses import dataclass, field

from robusttrain.comm.credit import Credit
from robusttrain.comm.pace import Pace


@dataclass(eq=False)
class Paces:
    """The pace of each step of a run.

    majority: bool. Whether the majority's time counts; False: only the deadline does.
    """

    majority: bool
    _credit: Credit | None = field(init=False, default=None)
    _begun: bool = field(init=False, default=False)

    def of_step(self, now: float, deadline: float) -> Pace:
        """That of a step that begins now; nobody is judged in the first one of a start."""
        pace, self._begun = self._pace(now, deadline, self._begun), True
        return pace

    def spent(self, now: float) -> list[str]:
        """Who has lost its credit, for the log."""
        return [] if self._credit is None else self._credit.spent(now)

    def _pace(self, now: float, deadline: float, certain: bool) -> Pace:
        if not self.majority:
            return Pace(now, deadline)
        self._credit = self._credit or Credit(now, deadline)
        return Pace(now, deadline, self._credit, certain)
