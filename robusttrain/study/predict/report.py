"""The report of `launch/bench.py predict`: fits, judges, and says what follows for machines."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import RenderableType

from robusttrain.study.predict.far_table import far_table, saturation
from robusttrain.study.predict.fit import fit
from robusttrain.study.predict.judge import judge, same_device
from robusttrain.study.predict.machine import Machine
from robusttrain.study.predict.point import Point
from robusttrain.study.predict.tables import constants_table, judged_table, summary
from robusttrain.study.price.rows import REPLICATION


@dataclass(frozen=True)
class Question:
    """What the equation is asked beside its judgement.

    machine: Machine. What is assumed.
    gpus, parameters: W and D.
    rows: names of rows of the price table.
    copies: int. r, of digests.
    """

    machine: Machine
    gpus: Sequence[int]
    parameters: Sequence[float]
    rows: Sequence[str]
    copies: int = REPLICATION

    def answer(self) -> list[RenderableType]:
        """A table and what it means. Raises ValueError for a value or a row that cannot be."""
        machine = self.machine
        table = far_table(machine, self.gpus, self.parameters, self.rows, self.copies)
        return [table, saturation(machine)]


def verdict(fitted_on: Sequence[Point], held_out: Sequence[Point]) -> list[RenderableType]:
    """Constants, and each held-out point measured and predicted.

    Raises ValueError if the points are too few, or from unlike devices.
    """
    device = same_device([*fitted_on, *held_out])
    fitted = fit(fitted_on)
    seen, unseen = judge(fitted, fitted_on), judge(fitted, held_out)
    return [
        constants_table(fitted, f"fitted on {len(fitted_on)} points, {device}"),
        judged_table(unseen, "points that were held out"),
        summary(seen, "fitted"),
        summary(unseen, "held out"),
    ]
