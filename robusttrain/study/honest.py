"""Honest checks: trainings to a small loss in which nobody lies, and every sum is checked.

The shipped protocol runs in this process. What must not happen, however small gradients get and
whatever hardware the ranks have: a conviction. In the last quarter each worker in turn is also
taken for a liar that sends 0, whatever the length of its true sum: its checkers must not suffer.
"""

from dataclasses import dataclass, field

import numpy as np
import torch
from rich.table import Table

from robusttrain.config.compose import compose
from robusttrain.config.recipe import Recipe, recipe
from robusttrain.defense.probe_verdict import Within, judge
from robusttrain.protocol.calibration import CLASSES
from robusttrain.protocol.referee import perturbed
from robusttrain.redundancy.fingerprint import Fingerprint
from robusttrain.run.simulate import simulate
from robusttrain.study.hardware import EQUAL, MIXED, Fleet
from robusttrain.topology.parameter_server import Server, Step
from robusttrain.training.evaluate import evaluate

SETTINGS = {
    "digests, equal hardware": ("exact", EQUAL),
    "products, equal hardware": ("product", EQUAL),
    "products, mixed hardware": ("product", MIXED),
}
PARTS = ("assignment=single", "agreement=probe", "detector=none", "target=all", "aggregator=mean",
         "preaggregator=[]", "optimizer=adam", "optimizer.lr=0.01", "schedule=cosine")  # fmt: skip
SEED, TOLERANCE = bytes(32), CLASSES
EVERY = 10  # steps between those in which liars that send 0 are tried


@dataclass(eq=False)
class Found:
    """What a training has shown.

    checks, disputes: int. Claims about sums, and sums that the referee recomputed.
    convicted: workers, all of them honest.
    zeros, unseen: int. Liars that sent 0, and those of them that were not convicted.
    blamed: int. Honest checkers that were convicted for it.
    longest: float. The longest sum among them over the median.
    loss: float. On the training set at the end.
    """

    checks: int = 0
    disputes: int = 0
    convicted: set[int] = field(default_factory=set)
    zeros: int = 0
    unseen: int = 0
    blamed: int = 0
    longest: float = 0.0
    loss: float = float("nan")


def honest_run(setting: str, workers: int, checkers: int, steps: int) -> Found:
    """Train with all steps probed; every rank hosts one worker where hardware is mixed.

    setting: a key of `SETTINGS`. workers: K. checkers: c < K.
    """
    claim, classes = SETTINGS[setting]
    made = recipe(
        compose(
            *PARTS, f"workers={workers}", f"batch={16 * workers}", f"steps={steps}",
            "threat.byzantine=0", "defense.byzantine=0", "defense.secret=0",
            "probe.share=1", f"probe.checkers={checkers}", f"probe.claim={claim}",
            *([f"probe.tolerance={TOLERANCE}"] if claim == "product" else []),
        )
    )  # fmt: skip
    fleet, found = Fleet(classes), Found()

    def report(step: Step) -> None:
        verdict = step.outcome.verdict
        found.checks += workers * checkers
        found.disputes += len(verdict.audited)
        found.convicted |= verdict.convicted.keys()
        if claim == "product" and step.plan.step >= 0.75 * steps and not step.plan.step % EVERY:
            try_zeros(fleet, found)

    server = simulate(made, report, workers if len(classes) > 1 else 1, side=fleet)
    found.loss = training_loss(made, server)
    return found


def try_zeros(fleet: Fleet, found: Found) -> None:
    """Let each worker of the last step in turn have sent 0, with a checker of another class."""
    referee, other = fleet.sides[0].checker, fleet.sides[-1].checker
    plan, parameters = fleet.sides[0].published[-1]
    true = {w: referee.true(plan, parameters, w, SEED) for w in plan.holders}
    zero = referee.fingerprinting.of(torch.zeros_like(parameters), SEED)
    median = float(np.median([made.norm for made in true.values()]))
    for liar in plan.holders:
        checker = plan.holders[liar - 1]
        claims = {checker: {liar: other.true(plan, parameters, liar, SEED).claim}}

        def recompute(worker: int, number: int) -> Fingerprint:
            return referee.true(plan, perturbed(parameters, number), worker, SEED)

        comparison = Within.of(TOLERANCE, 1, {**true, liar: zero})
        verdict = judge([checker, liar], 1, {liar: zero}, claims, recompute, comparison)
        found.zeros += 1
        found.unseen += liar not in verdict.convicted
        found.blamed += checker in verdict.convicted
        found.longest = max(found.longest, true[liar].norm / median)


def training_loss(made: Recipe, server: Server) -> float:
    """The mean loss over the training set at the server's parameters."""
    train, _ = made.data.load()
    named = made.layout.unflatten(server.parameters)
    return evaluate(made.objective, made.model, named, train)["test_loss"]


def honest_table(workers: int = 31, checkers: int = 4, steps: int = 810) -> Table:
    """One row for each setting. ValueError as a configuration with these numbers has it."""
    table = Table(title=f"{workers} honest workers, {checkers} checkers each, {steps} steps")
    for name in ("setting", "checks", "disputes", "convicted", "loss at the end", "zeros sent",
                 "unseen", "checkers blamed", "longest / median"):  # fmt: skip
        table.add_column(name, justify="left" if name == "setting" else "right")
    for setting in SETTINGS:
        found = honest_run(setting, workers, checkers, steps)
        zeros = [found.zeros, found.unseen, found.blamed, f"{found.longest:.1f}"]
        table.add_row(
            setting, f"{found.checks:,}", str(found.disputes), str(len(found.convicted)),
            f"{found.loss:.1e}", *map(str, zeros if found.zeros else ["", "", "", ""]),
        )  # fmt: skip
    return table
