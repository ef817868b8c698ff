"""Scores the verdicts and the directions of a run against the ground truth of the threat."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

import numpy as np

from robusttrain.threat.threat import Threat
from robusttrain.topology.parameter_server import Step
from robusttrain.types import Sources


@dataclass(eq=False)
class Scorer:
    """Scores each step against the threat and adds the steps up.

    threat: the ground truth.
    size: D, number of coordinates of a gradient.

    The fields below are sums over the steps so far:
    convicted: worker -> (step, reason) of its first conviction.
    false_convictions: workers convicted before they were Byzantine at any step.
    byzantine: worker -> its first step as a Byzantine worker, or with a fault that makes what it
        says wrong; both count against what the server assumes.
    honest_convicted: convictions of workers in a step in which they are neither.
    distorted: per step, the share of tasks whose pulled row is forged or wrong, 0..1.
    seconds: per step.
    received: per step, bytes that reached the server.
    audits: tasks that the server recomputed.
    all_copies: bytes of one step if every copy of every gradient were sent, in float32.
    skipped: steps without a direction.
    not_finite: pulled rows that stand for a gradient which is not finite.
    overwhelmed: steps in which more workers lied than is assumed.
    silent: steps in which a worker said nothing. exceeded: those in which the silent and the known
        liars were more than is assumed, so that nothing was certified.
    evicted: workers evicted at the last step, ascending.
    lost: rank -> why it was lost.
    hosts: rank -> its workers, and host, device and process as far as they are known.
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
    not_finite: int = 0
    overwhelmed: int = 0
    silent: int = 0
    exceeded: int = 0
    evicted: list[int] = field(default_factory=list)
    lost: dict[int, str] = field(default_factory=dict)
    hosts: dict[int, dict[str, Any]] = field(default_factory=dict)

    def step(self, done: Step) -> dict[str, Any]:
        """Add a finished step; returns its line of metrics."""
        plan, outcome = done.plan, done.outcome
        verdict, kept = outcome.verdict, outcome.sources.kept
        liars = self.threat.liars(plan) | self.threat.faults.wrong(plan, done.hosting)
        for worker in np.flatnonzero(liars).tolist():
            self.byzantine.setdefault(worker, plan.step)
        convicted = sorted(verdict.convicted)
        self.honest_convicted += int((~liars[convicted]).sum())
        fresh = [worker for worker in convicted if worker not in self.convicted]
        for worker in fresh:
            self.convicted[worker] = plan.step, verdict.convicted[worker]
        wrongly = [w for w in convicted if w not in self.byzantine]
        self.false_convictions |= set(wrongly)
        self.distorted.append(self._forged(done, outcome.sources) / plan.tasks)
        self.seconds.append(done.seconds)
        self.received.append(done.bytes_received)
        self.audits += len(verdict.audited)
        self.all_copies = 4 * self.size * plan.teams.size
        self.skipped += outcome.direction is None
        self.not_finite += done.not_finite
        self.overwhelmed += verdict.overwhelmed
        self.silent, self.exceeded = self.silent + bool(done.silent), self.exceeded + done.exceeded
        self.evicted, self.lost = sorted(plan.evicted), done.lost
        self.hosts = {
            r: {"workers": done.hosting[r], **asdict(m)} for r, m in done.machines.items()
        }
        return {
            "step": plan.step,
            "seconds": done.seconds,
            "bytes_to_server": done.bytes_received,
            "tasks": plan.tasks,
            "distorted_fraction": self.distorted[-1],
            "dropped_tasks": plan.tasks - len(kept),
            "not_finite": done.not_finite,
            "audited": list(verdict.audited),
            "convicted": convicted,
            "first_convicted": [
                f"worker {w}{place(done, w)}: {verdict.convicted[w]}" for w in fresh
            ],
            "false_convictions": wrongly,
            "evicted": self.evicted,
            "absent": sorted(verdict.absent),
            "silent": done.silent,
            "exceeded": done.exceeded,
            "overwhelmed": verdict.overwhelmed,
            "changes": done.changes,
            "note": "; ".join(filter(None, (outcome.note, verdict.note))),
            "skipped": outcome.direction is None,
        }

    def state_dict(self) -> dict[str, Any]:
        """The sums so far."""
        held = {name: getattr(self, name) for name in SUMS}
        return {**held, "false_convictions": sorted(self.false_convictions)}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from a `state_dict`."""
        for name in SUMS:
            setattr(self, name, state[name])
        self.false_convictions = set(state["false_convictions"])

    def _forged(self, done: Step, sources: Sources) -> int:
        """Number of tasks whose row was pulled from a holder that forged it, or got it wrong."""
        plan, threat = done.plan, self.threat
        lies = threat.forged(plan) | threat.faults.distorted(plan, done.hosting)
        return int((lies & (plan.teams == sources.workers[:, None])).sum())

    def summary(self) -> dict[str, Any]:
        """The run so far. None where there is nothing to divide by.

        honest_convicted_per_step: workers convicted in a step in which they are honest, on
            average; a worker that was Byzantine earlier counts here, not as a false conviction.
        precision: share of the convicted workers that were Byzantine, or wrong by a fault, at any
            step.
        recall: share of those workers that were convicted.
        steps_to_detect: of each of those, the steps from its first as one to its conviction, both
            included.
        """
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
            "gradients_not_finite": self.not_finite,
            "steps_overwhelmed": self.overwhelmed,
            "steps_silent": self.silent,
            "steps_exceeded": self.exceeded,
            "lost_ranks": {str(rank): why for rank, why in self.lost.items()},
            "hosts": {str(rank): at for rank, at in self.hosts.items()},
        }


SUMS = [field.name for field in fields(Scorer) if field.name not in ("threat", "size")]


def place(done: Step, worker: int) -> str:
    """Where `worker` runs, such as " on rank 2 (node-7, cpu, pid 4711)"; empty: not known."""
    ranks = [rank for rank in done.machines if worker in done.hosting[rank]]
    return f" on rank {ranks[0]} ({done.machines[ranks[0]]})" if ranks else ""
