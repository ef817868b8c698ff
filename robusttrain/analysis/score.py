"""Compares what the defence decided with the truth, which the defence never sees."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from robusttrain.threat import Threat
from robusttrain.topology.parameter_server import Step


@dataclass(eq=False)
class Scorer:
    """Scores each step against the threat and adds the steps up.

    size: D, coordinates of a gradient, for what sending all copies would cost.
    """

    threat: Threat
    size: int
    convicted: dict[int, tuple[int, str]] = field(default_factory=dict)
    false_convictions: set[int] = field(default_factory=set)
    byzantine: set[int] = field(default_factory=set)
    caught: set[int] = field(default_factory=set)
    distorted: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    received: list[int] = field(default_factory=list)
    all_copies: int = 0
    skipped: int = 0
    overwhelmed: int = 0
    lost: dict[int, str] = field(default_factory=dict)

    def step(self, done: Step) -> dict[str, Any]:
        """One line of metrics for this step."""
        plan, outcome = done.plan, done.outcome
        kept = outcome.sources.kept
        liars = self.threat.liars(plan)
        forged = self.threat.forged(plan)[outcome.sources.workers[kept], kept].sum()
        convicted = sorted(outcome.verdict.convicted)
        for worker in convicted:
            self.convicted.setdefault(worker, (plan.step, outcome.verdict.convicted[worker]))
        self.false_convictions |= {w for w in convicted if not liars[w]}
        self.byzantine |= set(np.flatnonzero(liars).tolist())
        self.caught |= {w for w in convicted if liars[w]}
        self.distorted.append(float(forged) / plan.tasks)
        self.seconds.append(done.seconds)
        self.received.append(done.bytes_received)
        self.all_copies = 4 * self.size * int(plan.holders.sum())
        self.skipped += outcome.direction is None
        self.overwhelmed += outcome.verdict.overwhelmed
        self.lost = done.lost
        return {
            "step": plan.step,
            "seconds": done.seconds,
            "bytes_to_server": done.bytes_received,
            "distorted_fraction": self.distorted[-1],
            "dropped_tasks": plan.tasks - len(kept),
            "convicted": convicted,
            "false_convictions": [w for w in convicted if not liars[w]],
            "absent": sorted(outcome.verdict.absent),
            "overwhelmed": outcome.verdict.overwhelmed,
            "note": outcome.note,
        }

    def summary(self) -> dict[str, Any]:
        """The run so far."""
        return {
            "steps": len(self.seconds),
            "seconds_per_step": float(np.median(self.seconds)) if self.seconds else None,
            "convicted": sorted(self.convicted),
            "reasons": {
                str(w): f"step {step}: {why}" for w, (step, why) in sorted(self.convicted.items())
            },
            "false_convictions": sorted(self.false_convictions),
            "missed": sorted(self.byzantine - self.caught),
            "distorted_fraction_mean": float(np.mean(self.distorted)) if self.distorted else None,
            "distorted_fraction_max": max(self.distorted, default=None),
            "bytes_to_server_per_step": float(np.mean(self.received)) if self.received else None,
            "bytes_if_all_copies_were_sent": self.all_copies,
            "steps_skipped": self.skipped,
            "steps_overwhelmed": self.overwhelmed,
            "lost_ranks": {str(rank): why for rank, why in self.lost.items()},
        }
