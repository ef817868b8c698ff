"""What runs against liars have shown, counted by their own account of what they forged."""

import copy
from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from robusttrain.config.recipe import Recipe
from robusttrain.rng import stream
from robusttrain.study.infiltrator import Infiltrator
from robusttrain.topology.parameter_server import Step

HEAD = ("sums, claims", "runs", "steps", "forged, used", "p99", "for a conviction",
        "for a sum, a claim", "left", "referee a run, most a step", "seen, passed",
        "honest convicted", "steps over the bound")  # fmt: skip

AT_START = "sent a wrong sum: found when the server started again"


def chosen(made: Recipe, seed: int) -> frozenset[int]:
    """As many workers as are assumed to lie, drawn from a seed."""
    rng, assumed = stream(seed, "siege", "placement"), made.config["defense"]["byzantine"]
    return frozenset(rng.choice(made.workers, assumed, replace=False).tolist())


def seeded(made: Recipe, secret: int, journal: Path | None = None) -> Recipe:
    """The same run with these draws of the server, and this journal."""
    config = copy.deepcopy(made.config)
    config["defense"]["secret"] = secret
    config["probe"]["journal"] = None if journal is None else str(journal)
    return replace(made, config=config)


class Over(Exception):
    """All liars are convicted or lost: nothing more can happen."""


@dataclass(eq=False)
class Run:
    """What came of one run.

    liars: set of workers.
    used: int. Forged vectors that were aggregated.
    worst: int. Steps with more of them than liars that were left.
    seen, passed: int. Forged vectors that were used and had an honest checker; those whose author
        was not convicted for that.
    convicted: worker -> reason.
    calls, most: int. Sums that the referee recomputed, in all and at most in one step.
    steps: int.
    """

    liars: frozenset[int]
    used: int = 0
    worst: int = 0
    seen: int = 0
    passed: int = 0
    convicted: dict[int, str] = field(default_factory=dict)
    calls: int = 0
    most: int = 0
    steps: int = 0
    _bad: dict[int, set[int]] = field(default_factory=dict)

    def watch(self, told: Infiltrator, step: Step) -> None:
        """Take in a finished step; raises Over if no liar is left."""
        verdict, number = step.outcome.verdict, step.plan.step
        if number == 0:
            self.convicted |= dict.fromkeys(step.plan.evicted, AT_START)
        used = step.outcome.direction is not None
        taken = set(step.outcome.sources.workers.tolist()) if used else set()
        self._bad[number] = {w for w in taken if (number, w) in told.forged}
        bad = self._bad[number]
        # What the last step's own probe shows comes after its sums are used.
        before = self.convicted.keys() | (verdict.convicted.keys() - bad if told.ends(number)
                                          else verdict.convicted.keys())  # fmt: skip
        self.used += len(bad)
        self.worst += len(bad) > len(self.liars - before)
        self.convicted |= verdict.convicted
        lost = {w for rank in step.lost for w in step.hosting[rank]}
        self._judge(told)
        self.calls += len(verdict.audited)
        self.most = max(self.most, len(verdict.audited))
        self.steps += 1
        if self.liars <= self.convicted.keys() | lost:
            raise Over

    def _judge(self, told: Infiltrator) -> None:
        """Count what the probes that were settled have let pass."""
        for number in sorted(told.probed.keys() & self._bad.keys()):
            checked = told.probed.pop(number)
            seen = {w for w in self._bad[number] if checked.get(w, set()) - self.liars}
            self.seen += len(seen)
            self.passed += len(seen - self.convicted.keys())

    @property
    def innocent(self) -> int:
        """Honest workers that were convicted."""
        return len(self.convicted.keys() - self.liars)

    @property
    def grounds(self) -> Counter[str]:
        """Convictions for sums and for claims."""
        return Counter("claim" if "claimed" in why else "sum" for why in self.convicted.values())


@dataclass(frozen=True, eq=False)
class Cell:
    """What the runs against one way of lying have shown.

    name: str. The way, from which the seeds follow.
    runs: list[Run].
    """

    name: str
    runs: list[Run]

    @property
    def used(self) -> np.ndarray:
        """[runs] forged vectors used."""
        return np.array([run.used for run in self.runs])

    @property
    def interval(self) -> float:
        """Half the width of the 95 % confidence interval of the mean of `used`."""
        return float(1.96 * self.used.std(ddof=1) / len(self.runs) ** 0.5) if self.used.any() else 0

    def total(self, what: str) -> int:
        """A count of `Run`, over all runs."""
        return sum(getattr(run, what) for run in self.runs)

    def row(self) -> list[str]:
        """As the table has it, after the name."""
        grounds = sum((run.grounds for run in self.runs), Counter())
        n, caught = len(self.runs), sum(len(run.convicted) - run.innocent for run in self.runs)
        left = sum(len(run.liars) for run in self.runs) - caught
        rate = f"{self.total('used') / caught:.2f}" if caught and self.used.any() else ""
        return [
            f"{n}", f"{self.total('steps')}",
            f"{self.used.mean():.1f} ± {self.interval:.1f}", f"{np.quantile(self.used, 0.99):.0f}",
            rate, f"{grounds['sum']}, {grounds['claim']}", f"{left / n:.2f}",
            f"{self.total('calls') / n:.2f}, {max(run.most for run in self.runs)}",
            f"{self.total('seen')}, {self.total('passed')}", f"{self.total('innocent')}",
            f"{self.total('worst')}",
        ]  # fmt: skip
