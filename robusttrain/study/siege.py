"""Siege: every strategy of liars against the shipped protocol, in many short runs.

What the liars did is counted where their bytes leave them. What must hold: no honest worker is
convicted, no step has more bad vectors than liars that are left, and the forged vectors that
were used until all liars are out stay within the certificate's expectation.
"""

from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial

import numpy as np
from rich.table import Table

from robusttrain.config.compose import compose
from robusttrain.config.probe import probes_of
from robusttrain.config.recipe import Recipe, recipe
from robusttrain.rng import stream
from robusttrain.run.simulate import simulate
from robusttrain.study.infiltrator import Infiltrator
from robusttrain.study.strategies import CELLS, CLAIMS, SUMS
from robusttrain.topology.parameter_server import Step

PARTS = ("assignment=single", "agreement=probe", "detector=none", "target=all", "aggregator=mean",
         "preaggregator=[]", "defense.best_effort=true", "data=synthetic", "data.image=[1,2,2]",
         "data.classes=2", "data.train_size=400", "data.test_size=10", "optimizer=sgd",
         "model._target_=robusttrain.study.tiny.Tiny", "runtime.block=5")  # fmt: skip
HEAD = ("sums, claims", "runs", "steps", "forged, used", "p99", "caught a run",
        "for a sum, a claim", "referee a run, most a step", "honest convicted",
        "steps over the bound")  # fmt: skip


class Over(Exception):
    """All liars are out: nothing more can happen."""


@dataclass(eq=False)
class Run:
    """What came of one run.

    liars: set of workers.
    used: int. Forged vectors that were aggregated.
    worst: int. Steps with more of them than liars that were left.
    convicted: worker -> reason.
    calls, most: int. Sums that the referee recomputed, in all and at most in one step.
    steps: int.
    """

    liars: frozenset[int]
    used: int = 0
    worst: int = 0
    convicted: dict[int, str] = field(default_factory=dict)
    calls: int = 0
    most: int = 0
    steps: int = 0

    def watch(self, forged: set[tuple[int, int]], step: Step) -> None:
        """Take in a finished step; raises Over if no liar is left.

        forged: (step, worker) of all sums that were not the true ones.
        """
        verdict, sources = step.outcome.verdict, step.outcome.sources
        self.convicted |= verdict.convicted
        used = step.outcome.direction is not None
        bad = {w for w in sources.workers.tolist() if (step.plan.step, w) in forged} if used else ()
        self.used += len(bad)
        self.worst += len(bad) > len(self.liars - self.convicted.keys())
        self.calls += len(verdict.audited)
        self.most = max(self.most, len(verdict.audited))
        self.steps += 1
        if self.liars <= self.convicted.keys():
            raise Over

    @property
    def innocent(self) -> int:
        """Honest workers that were convicted."""
        return len(self.convicted.keys() - self.liars)

    @property
    def grounds(self) -> Counter[str]:
        """Convictions for sums and for claims."""
        return Counter("sum" if "sum:" in why else "claim" for why in self.convicted.values())


def setting(workers: int, share: float, checkers: int, steps: int, *more: str) -> Recipe:
    """A run in which nobody lies by configuration; its draws are the system's."""
    return recipe(
        compose(
            *PARTS, f"workers={workers}", f"batch={2 * workers}", f"steps={steps}",
            f"defense.byzantine={(workers - 1) // 2}", "threat.byzantine=0", "probe.alert=0",
            f"probe.share={share}", f"probe.checkers={checkers}", *more,
        )
    )  # fmt: skip


def besieged(made: Recipe, sums: str, claims: str, seed: int) -> Run:
    """One run of `made` in which as many workers lie as are assumed to.

    sums, claims: names of strategies.
    seed: of who lies, and of what liars draw.
    """
    rng = stream(seed, "siege", "placement")
    assumed = made.config["defense"]["byzantine"]
    chosen = frozenset(rng.choice(made.workers, assumed, replace=False).tolist())
    liars, run = Infiltrator(chosen, SUMS[sums], CLAIMS[claims], seed), Run(chosen)
    with suppress(Over):
        simulate(made, partial(run.watch, liars.forged), 1, side=liars)
    return run


@dataclass(frozen=True, eq=False)
class Cell:
    """What the runs against one pair of strategies have shown.

    sums, claims: names of the strategies.
    runs: list[Run].
    """

    sums: str
    claims: str
    runs: list[Run]

    @property
    def used(self) -> np.ndarray:
        """[runs] forged vectors used."""
        return np.array([run.used for run in self.runs])

    @property
    def interval(self) -> float:
        """Half the width of the 95 % confidence interval of the mean of `used`."""
        return float(1.96 * self.used.std(ddof=1) / len(self.runs) ** 0.5) if self.used.any() else 0

    def row(self) -> list[str]:
        """As the table has it."""
        grounds = sum((run.grounds for run in self.runs), Counter())
        caught, n = sum(len(run.convicted) - run.innocent for run in self.runs), len(self.runs)
        return [
            f"{self.sums}, {self.claims}", f"{n}", f"{sum(run.steps for run in self.runs)}",
            f"{self.used.mean():.1f} ± {self.interval:.1f}", f"{np.quantile(self.used, 0.99):.0f}",
            f"{caught / n:.2f}", f"{grounds['sum']}, {grounds['claim']}",
            f"{sum(run.calls for run in self.runs) / n:.2f}, {max(run.most for run in self.runs)}",
            f"{sum(run.innocent for run in self.runs)}", f"{sum(run.worst for run in self.runs)}",
        ]  # fmt: skip


def cell(made: Recipe, sums: str, claims: str, budget: int) -> Cell:
    """Runs of `made` until so many steps are made, at least two."""
    runs: list[Run] = []
    while len(runs) < 2 or sum(run.steps for run in runs) < budget:
        runs.append(besieged(made, sums, claims, len(runs)))
    return Cell(sums, claims, runs)


def siege_table(workers: int, steps: int, share: float, checkers: int, longest: int) -> Table:
    """One row for each pair of strategies, `steps` in all, in runs of at most `longest` steps.

    ValueError as the configuration with these numbers has it.
    """
    made = setting(workers, share, checkers, longest)
    promised = probes_of(made.config)
    table = Table(
        title=f"{workers} workers, {promised.byzantine} of them liars; share {share:g}, "
        f"{checkers} checkers; forged vectors: bound {promised.expected:.1f}, all at once "
        f"{promised.mean:.1f}, p99 {promised.quantile():.0f}"
    )
    for name in HEAD:
        table.add_column(name, justify="left" if name == HEAD[0] else "right")
    for sums, claims in CELLS:
        table.add_row(*cell(made, sums, claims, steps // len(CELLS)).row())
    return table
