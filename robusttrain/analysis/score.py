"""Compares what the defence decided with the truth, which the defence never sees."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from robusttrain.threat.threat import Threat
from robusttrain.topology.parameter_server import Step
from robusttrain.types import Plan, Sources


@dataclass(eq=False)
class Scorer:
    """Scores each step against the threat and adds the steps up.

    A conviction is false if the worker was not Byzantine at any step so far; one that is not
    false may still come when the worker no longer lies: honest_convicted_per_step is how many
    workers are, on average, convicted in a step in which they are honest. precision: the
    share of convicted workers that were rightly so; recall: the share of the Byzantine that
    were convicted; steps_to_detect: of each of those, the steps from its first as a Byzantine
    worker to its conviction, both included. None where there is nothing to divide by.
    size: D, coordinates of a gradient, for what sending all copies would cost.
    """

    threat: Threat
    size: int
    convicted: dict[int, tuple[int, str]] = field(default_factory=dict)
    false_convictions: set[int] = field(default_factory=set)
    byzantine: dict[int, int] = field(default_factory=dict)
    honest_convicted: int = 0
    distorted: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    received: list[int] = field(default_factory=list)
    audits: int = 0
    all_copies: int = 0
    skipped: int = 0
    overwhelmed: int = 0
    evicted: list[int] = field(default_factory=list)
    lost: dict[int, str] = field(default_factory=dict)

    def step(self, done: Step) -> dict[str, Any]:
        """One line of metrics for this step."""
        plan, outcome = done.plan, done.outcome
        verdict, kept = outcome.verdict, outcome.sources.kept
        liars = self.threat.liars(plan)
        for worker in np.flatnonzero(liars).tolist():
            self.byzantine.setdefault(worker, plan.step)
        convicted = sorted(verdict.convicted)
        self.honest_convicted += int((~liars[convicted]).sum())
        for worker in convicted:
            self.convicted.setdefault(worker, (plan.step, verdict.convicted[worker]))
        wrongly = [w for w in convicted if w not in self.byzantine]
        self.false_convictions |= set(wrongly)
        self.distorted.append(self._forged(plan, outcome.sources) / plan.tasks)
        self.seconds.append(done.seconds)
        self.received.append(done.bytes_received)
        self.audits += len(verdict.audited)
        self.all_copies = 4 * self.size * plan.teams.size
        self.skipped += outcome.direction is None
        self.overwhelmed += verdict.overwhelmed
        self.evicted = sorted(plan.evicted)
        self.lost = done.lost
        return {
            "step": plan.step,
            "seconds": done.seconds,
            "bytes_to_server": done.bytes_received,
            "tasks": plan.tasks,
            "distorted_fraction": self.distorted[-1],
            "dropped_tasks": plan.tasks - len(kept),
            "audited": list(verdict.audited),
            "convicted": convicted,
            "false_convictions": wrongly,
            "evicted": self.evicted,
            "absent": sorted(verdict.absent),
            "overwhelmed": verdict.overwhelmed,
            "changes": done.changes,
            "note": "; ".join(filter(None, (outcome.note, verdict.note))),
            "skipped": outcome.direction is None,
        }

    def _forged(self, plan: Plan, sources: Sources) -> int:
        """The tasks whose row was pulled from a holder that lied about it."""
        lies = self.threat.forged(plan)
        return int((lies & (plan.teams == sources.workers[:, None])).sum())

    def summary(self) -> dict[str, Any]:
        """The run so far."""
        caught = sorted(self.convicted.keys() & self.byzantine.keys())
        delays = {w: self.convicted[w][0] - self.byzantine[w] + 1 for w in caught}
        return {
            "steps": len(self.seconds),
            "seconds_per_step": float(np.median(self.seconds)) if self.seconds else None,
            "convicted": sorted(self.convicted),
            "reasons": {
                str(w): f"step {step}: {why}" for w, (step, why) in sorted(self.convicted.items())
            },
            "false_convictions": sorted(self.false_convictions),
            "honest_convicted_per_step": self.honest_convicted / max(1, len(self.seconds)),
            "missed": sorted(self.byzantine.keys() - self.convicted.keys()),
            "precision": len(caught) / len(self.convicted) if self.convicted else None,
            "recall": len(caught) / len(self.byzantine) if self.byzantine else None,
            "steps_to_detect": {str(w): n for w, n in delays.items()},
            "steps_to_detect_median": float(np.median(list(delays.values()))) if delays else None,
            "evicted": self.evicted,
            "audits": self.audits,
            "distorted_fraction_mean": float(np.mean(self.distorted)) if self.distorted else None,
            "distorted_fraction_max": max(self.distorted, default=None),
            "bytes_to_server_per_step": float(np.mean(self.received)) if self.received else None,
            "bytes_if_all_copies_were_sent": self.all_copies,
            "steps_skipped": self.skipped,
            "steps_overwhelmed": self.overwhelmed,
            "lost_ranks": {str(rank): why for rank, why in self.lost.items()},
        }
