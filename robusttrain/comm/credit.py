"""Credit: how long each member may hold up the others, in a whole run."""

from collections.abc import Collection
from dataclasses import dataclass, field

RATE = 0.01  # of the run's time
LEAST = 1e-6  # seconds; less is none


@dataclass(eq=False)
class Credit:
    """What is left to each member of 1 % of the run's time plus one deadline.

        credit_w(t) = .01 (t - start) + deadline - held_w(t)

    In a step, members are *late* once the majority's sums are whole and `SPREAD` times as long has
    passed (see `Intake.collect`). Each second that is waited for late members is charged to those
    that are waited for and missing, in equal parts. Who has no credit is not waited for, from that
    moment on, until 1 % of the time makes it good again; its sum counts if it is whole by the time
    that the waiting ends.

    So whatever q members do, alone or together, they hold up a run of length T, beyond `SPREAD`
    times the majority's time in each step, by at most q (.01 T + deadline) in all: a second in
    which all others are whole is charged to them alone.

    start: float. When the run's first collection began.
    deadline: float. Seconds.
    held: worker -> seconds that it was charged.

    >>> from robusttrain.comm.credit import Credit
    >>> credit = Credit(0.0, deadline=10.0)
    >>> credit.charge([4, 5], 16.0)
    >>> credit.of(4, 100.0), credit.lasts([4, 5], 100.0), credit.spent(100.0)
    (3.0, 6.0, [])
    """

    start: float
    deadline: float
    held: dict[int, float] = field(init=False, default_factory=dict)
    _told: set[int] = field(init=False, default_factory=set)

    def of(self, worker: int, now: float) -> float:
        """Seconds that are left to a member."""
        return RATE * (now - self.start) + self.deadline - self.held.get(worker, 0.0)

    def waited_for(self, missing: Collection[int], now: float) -> list[int]:
        """Those of the missing that have credit."""
        return [worker for worker in missing if self.of(worker, now) > LEAST]

    def lasts(self, missing: Collection[int], now: float) -> float:
        """Seconds until one of the missing, all with credit, has none if they stay late."""
        return len(missing) * min(self.of(worker, now) for worker in missing)

    def charge(self, missing: Collection[int], seconds: float) -> None:
        """Have these members share what was waited for them."""
        for worker in missing:
            self.held[worker] = self.held.get(worker, 0.0) + seconds / len(missing)

    def spent(self, now: float) -> list[str]:
        """Who has lost its credit, for the log; each member is told of once."""
        spent = [w for w in sorted(self.held) if self.of(w, now) <= LEAST and w not in self._told]
        self._told.update(spent)
        return [
            f"worker {w} is not waited for: it has held up the others for {self.held[w]:.0f} s"
            for w in spent
        ]
