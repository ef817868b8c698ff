"""Runs one cell of a table in this process, with the bits of real ranks, and measures it."""

import math
from collections.abc import Sequence

from robusttrain.analysis.score import Scorer
from robusttrain.config.compose import compose
from robusttrain.config.recipe import recipe
from robusttrain.run import assembly
from robusttrain.run.simulate import simulate
from robusttrain.study.cell import Cell
from robusttrain.study.figures import Figure, digest_of, hardware
from robusttrain.topology.parameter_server import Server, Step

TESTED = ("accuracy", "loss")


def measure(cell: Cell, at: Sequence[int] = ()) -> list[Figure]:
    """Run a cell in this process, with the bits of real ranks, and measure it after these steps."""
    made = recipe(compose(*cell.words), 1)
    scorer = Scorer(made.threat, made.layout.size)
    steps, servers = set(at or [made.steps]), list[Server]()
    figures: list[Figure] = []

    def report(step: Step) -> None:
        scorer.step(step)
        done = step.plan.step + 1
        if done in steps:
            tested = assembly.evaluator(made, servers[0].parameters)()
            measures = {name: float(tested.get(f"test_{name}", math.nan)) for name in TESTED}
            figures.append(figure(cell, at, done, measures | counts(scorer)))

    simulate(made, report, ranks=1, begin=servers.append)
    return figures


def figure(cell: Cell, at: Sequence[int], step: int, measures: dict[str, float]) -> Figure:
    """The figure of a cell after a step."""
    words = digest_of(cell, at)
    return Figure(cell.row, cell.column, cell.seed, step, words, hardware(), measures)


def counts(scorer: Scorer) -> dict[str, float]:
    """What the attackers' own ground truth says of the run so far."""
    so_far = scorer.summary()
    return {
        "forged": so_far["distorted_fraction_mean"] or 0.0,
        "convicted": float(len(so_far["convicted"])),
        "false_convictions": float(len(so_far["false_convictions"])),
    }
