"""Kills of worker ranks: when each is due, and what each has cost, by the metrics of the run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

GRADIENT = "gradient"  # while it is computed: no fault of messages, the study sends the signal
Steps = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Kill:
    """A worker rank that is killed.

    step: int. phase: str. Of it. rank: int. workers: those that the rank hosts.
    """

    step: int
    phase: str
    rank: int
    workers: Sequence[int]

    @property
    def fault(self) -> str:
        """As an item of `fault`."""
        phase, worker = self.phase, self.workers[0]
        return f"{{worker: {worker}, step: {self.step}, phase: {phase}, do: sigkill}}"


@dataclass(frozen=True)
class Cost:
    """What a kill has cost.

    kill: Kill.
    silent: int. Steps in which a worker of the rank said nothing.
    lost: float. Seconds by which the longest step was longer than a typical one, of those from the
        kill to the one in which the rank was used again.
    back: int or None. Steps from the kill until all its workers were used again; None: never.
    seconds: float. The same in seconds.
    """

    kill: Kill
    silent: int
    lost: float
    back: int | None
    seconds: float


def planned(
    phases: Sequence[str], count: int, hosting: Mapping[int, Sequence[int]], first: int, every: int
) -> list[Kill]:
    """Kills one after another, in all phases and of all ranks in turn.

    >>> [(kill.step, kill.phase, kill.rank) for kill in planned("ab", 3, {1: [0], 2: [1]}, 5, 9)]
    [(5, 'a', 1), (14, 'b', 2), (23, 'a', 1)]
    """
    ranks = sorted(hosting)
    turns = [(phases[i % len(phases)], ranks[i % len(ranks)]) for i in range(count)]
    return [
        Kill(first + every * i, phase, rank, hosting[rank]) for i, (phase, rank) in enumerate(turns)
    ]


def costs(kills: Sequence[Kill], steps: Steps) -> list[Cost]:
    """What each kill has cost; steps: the lines of all steps, from 0 on."""
    typical = median(step["seconds"] for step in steps if not step["silent"])
    return [cost(kill, steps, typical) for kill in kills]


def cost(kill: Kill, steps: Steps, typical: float) -> Cost:
    """What one has cost, over steps of `typical` seconds."""
    hit = kill.step if out(kill, steps[kill.step]) else kill.step + 1
    until = hit
    while until < len(steps) and out(kill, steps[until]):
        until += 1
    away = steps[kill.step : until]
    longest = max(step["seconds"] for step in steps[kill.step : until + 1])
    return Cost(
        kill,
        until - hit,
        max(0.0, longest - typical),
        until - kill.step if until < len(steps) else None,
        sum(step["seconds"] for step in away),
    )


def out(kill: Kill, step: Mapping[str, Any]) -> bool:
    """Whether a worker of the rank said nothing in a step."""
    return not set(step["silent"]).isdisjoint(kill.workers)
