"""The table of ways to compute rows, and what each is refused for."""

from collections.abc import Sequence

import torch
from rich.table import Table

from robusttrain.study.ways.memory import check_memory
from robusttrain.study.ways.timing import Timed, compare
from robusttrain.study.ways.trial import Case, Trial
from robusttrain.training.objective.base import WAYS

NOTE = (
    "ms: for a task. x plain: over a forward and backward pass of the same samples, as many at a "
    "time as a chunk has. difference: |rows - rows of vmap| / |rows of vmap|. auto: the way that "
    "objective.vectorize=auto takes by such times."
)


def ways_table(
    cases: Sequence[Case], device: torch.device, repeat: int, clock: str
) -> tuple[Table, list[str]]:
    """A line for each case and way, and why a way is left out.

    Raises ValueError if a case does not fit into memory; all are checked before the first.
    """
    for case in cases:
        check_memory(case, device)
    table = Table(title=f"rows of tasks on {device.type}, least of {repeat} calls, {clock} time")
    for head in ("model", "tasks x samples", "chunk", "way", "ms", "x plain", "difference", "auto"):
        table.add_column(head, justify="left" if head in ("model", "way", "auto") else "right")
    refused = []
    for case in cases:
        timed = compare(Trial(case, device), repeat, clock)
        what = case.model, f"{case.tasks} x {case.samples}", str(case.chunk)
        table.add_row(*what, "plain", f"{1e3 * timed.plain / case.tasks:.3g}", "1", "", "")
        for way in WAYS:
            table.add_row(*what, way, *cells(way, timed, case.tasks))
        refused += [f"{case.model}, {way}: {why}" for way, why in timed.refused.items()]
    return table, refused


def cells(way: str, timed: Timed, tasks: int) -> list[str]:
    """Figures of one way."""
    if way in timed.refused:
        return ["-"] * 3 + [""]
    seconds, apart = timed.seconds[way], timed.difference.get(way)
    return [
        f"{1e3 * seconds / tasks:.3g}", f"{seconds / timed.plain:.2f}",
        "-" if apart is None else f"{apart:.1e}", "auto" if way == timed.chosen else "",
    ]  # fmt: skip
