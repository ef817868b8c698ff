"""Attendance: which ranks are waited for, and what is left of the faults that are assumed."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from robusttrain.comm.hub import UNAWAITED, Hub
from robusttrain.defense.defense import Defense
from robusttrain.types import SILENT, Claims, Verdict


@dataclass(eq=False)
class Attendance:
    """Suspends ranks that are late, step after step: they are not waited for until they answer.

    A suspended rank is still sent everything. It is back as soon as it has answered to the step
    before, which is not one in which it was late, or has joined anew.

    hosting: rank -> the workers that it hosts.
    after: int >= 1. Late steps in a row after which a rank is suspended.
    late: rank -> int. Late steps in a row.
    suspended: rank -> why.
    last_late: rank -> int. The last step in which it was late.
    silent: the workers of which nothing came in the last step, ascending.
    exceeded: bool. Whether more workers were silent or known to lie in it than is assumed.
    """

    hosting: Mapping[int, Sequence[int]]
    after: int
    late: dict[int, int] = field(init=False, default_factory=dict)
    suspended: dict[int, str] = field(init=False, default_factory=dict)
    last_late: dict[int, int] = field(init=False, default_factory=dict)
    silent: list[int] = field(init=False, default_factory=list)
    exceeded: bool = field(init=False, default=False)

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

    def review(self, hub: Hub, claims: Claims, verdict: Verdict, defense: Defense) -> list[str]:
        """A step is over: suspend those that were late once too often; returns what to log."""
        late = [
            rank
            for rank, why in hub.silent.items()
            if rank in hub.links and rank not in self.suspended and why != UNAWAITED
        ]
        self.late = {rank: self.late.get(rank, 0) + 1 for rank in late}
        self.last_late |= dict.fromkeys(late, claims.plan.step)
        out = [rank for rank, count in self.late.items() if count >= self.after]
        self.suspended |= {rank: hub.silent[rank] for rank in out}
        return [
            *(f"{self._named(rank)} is suspended until it answers: it {why}"
              for rank, why in self.suspended.items() if rank in out),
            *self._budget(claims, verdict, defense),
        ]  # fmt: skip

    def _budget(self, claims: Claims, verdict: Verdict, defense: Defense) -> list[str]:
        """What is certified while workers are silent, if that has changed.

        What holds for q liars holds for l liars and q - l workers that say nothing: silence is
        one of the things that a liar may choose.
        """
        before, q = self.silent, defense.assumed
        self.silent = silent(claims, verdict)
        known = defense.evicted + len(verdict.convicted)
        left = q - known - len(self.silent)
        self.exceeded = bool(self.silent) and left < 0
        if self.silent == before:
            return []
        if not self.silent:
            return ["no worker is silent any more"]
        who = f"silent: {', '.join(map(str, self.silent))}"
        if left < 0:
            return [
                f"{who}; with {known} known liars that is more than defense.byzantine={q}: nothing "
                "is certified until some are back"
            ]
        return [f"{who}; what is certified holds if at most {left} of the others lie"]

    def _named(self, rank: int) -> str:
        workers = ", ".join(map(str, self.hosting[rank])) or "none"
        return f"rank {rank} (workers {workers})"


def silent(claims: Claims, verdict: Verdict) -> list[int]:
    """The workers of a step that hold tasks and said nothing of any, or whose rows did not come."""
    teams, spoke = claims.plan.teams, claims.classes != SILENT
    said = np.unique(teams[spoke])
    return sorted({*np.setdiff1d(teams, said).tolist(), *verdict.absent} - set(verdict.convicted))
