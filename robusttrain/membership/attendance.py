"""Attendance: which ranks are waited for."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from robusttrain.comm.hub import UNAWAITED, Hub


@dataclass(eq=False)
class Attendance:
    """Suspends ranks that are late, step after step: they are not waited for until they answer.

    A suspended rank is still sent everything. It is back as soon as it has answered to the step
    before, which is not one in which it was late, or has joined anew. Half of the ranks at least
    are waited for in any case: where more are late, the deadline is too short.

    hosting: rank -> the workers that it hosts.
    after: int >= 1. Late steps in a row after which a rank is suspended.
    late: rank -> int. Late steps in a row.
    suspended: rank -> why.
    last_late: rank -> int. The last step in which it was late.
    """

    hosting: Mapping[int, Sequence[int]]
    after: int
    late: dict[int, int] = field(init=False, default_factory=dict)
    suspended: dict[int, str] = field(init=False, default_factory=dict)
    last_late: dict[int, int] = field(init=False, default_factory=dict)

    def begin(self, hub: Hub, step: int, joined: Collection[int]) -> list[str]:
        """A step begins: expect answers of those that are back; returns who is, for the log.

        joined: the ranks that have just joined anew.
        """
        hub.discard()
        caught_up = [
            rank
            for rank in self.suspended
            if hub.heard.get(rank, -1) >= max(step - 1, self.last_late.get(rank, -1) + 1)
        ]
        back = sorted({*joined, *caught_up})
        for rank in back:
            self.late.pop(rank, None)
            self.suspended.pop(rank, None)
        self.suspended = {r: why for r, why in self.suspended.items() if r in hub.links}
        hub.silent = dict(self.suspended)
        return [f"{self._named(rank)} is back" for rank in back]

    def review(self, hub: Hub, step: int) -> list[str]:
        """A step is over: suspend those that were late once too often; returns who, for the log."""
        late = [
            rank
            for rank, why in hub.silent.items()
            if rank in hub.links and rank not in self.suspended and why != UNAWAITED
        ]
        self.late = {rank: self.late.get(rank, 0) + 1 for rank in late}
        self.last_late |= dict.fromkeys(late, step)
        out = [rank for rank, count in self.late.items() if count >= self.after]
        if 2 * (len(self.suspended) + len(out)) > len(hub.links):
            return []
        self.suspended |= {rank: hub.silent[rank] for rank in out}
        return [
            f"{self._named(rank)} is suspended until it answers: it {hub.silent[rank]}"
            for rank in out
        ]

    def _named(self, rank: int) -> str:
        workers = ", ".join(map(str, self.hosting[rank])) or "none"
        return f"rank {rank} (workers {workers})"
