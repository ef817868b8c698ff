"""Tables of what a run survives: killed ranks, a stopped rank, a killed server."""

from collections.abc import Mapping, Sequence
from statistics import median

from rich.table import Table

from robusttrain.names import counted
from robusttrain.study.survival.kills import Cost
from robusttrain.study.survival.ranks import Survived
from robusttrain.study.survival.server import Restarted
from robusttrain.study.survival.settings import Setting
from robusttrain.study.survival.stopped import Stopped

NOTE = (
    "silent: steps in which the rank's workers said nothing. Longest: by how much the longest step "
    "from the kill until the rank was used again was longer than the median step. Used again: "
    "steps, and seconds, from the kill until all workers of the rank were used; what it takes to "
    "start a process is in it. The median and the worst of a phase's kills."
)


def ranks_table(name: str, run: Survived) -> Table:
    """A row for each phase, then what the run came to."""
    table = filled(
        f"{counted(run.struck, 'SIGKILL')} of worker ranks, {name}: {run.steps} steps, median step "
        f"{run.typical:.3f} s",
        ("phase", "kills", "silent", "longest, s more", "used again, steps", "s"),
    )
    for phase in dict.fromkeys(cost.kill.phase for cost in run.costs):
        table.add_row(phase, *phase_cells([c for c in run.costs if c.kill.phase == phase]))
    table.add_section()
    table.add_row("all", *phase_cells(run.costs))
    table.add_section()
    for what, figure in (
        ("finished", "yes" if run.finished else "no"),
        ("accuracy; without kills", f"{run.accuracy:.4f}; {run.undisturbed:.4f}"),
        ("honest workers convicted", str(len(run.convicted))),
        ("processes and ports left", str(run.left)),
    ):
        table.add_row(what, figure)
    return table


def phase_cells(costs: Sequence[Cost]) -> list[str]:
    """Cells of the kills of one phase."""
    back = [cost.back for cost in costs if cost.back is not None]
    never = len(costs) - len(back)
    return [
        str(len(costs)),
        both([cost.silent for cost in costs], "g"),
        both([cost.lost for cost in costs], ".2f"),
        (both(back, "g") if back else "") + (f" ({never} never)" if never else ""),
        both([cost.seconds for cost in costs], ".1f"),
    ]


def both(values: Sequence[float], form: str) -> str:
    """Their median and the largest.

    >>> both([1.0, 2.0, 9.0], "g")
    '2, 9'
    """
    return f"{median(values):{form}}, {max(values):{form}}"


def stopped_table(runs: Mapping[str, Stopped]) -> Table:
    """A row for each run in which a rank was stopped."""
    table = filled(
        "SIGSTOP of a rank until it was suspended and more steps were done, then SIGCONT",
        ("run", "median step, s", "longest, s", "steps meanwhile", "used again, steps", "s",
         "finished", "convicted", "left"),
    )  # fmt: skip
    for name, run in runs.items():
        table.add_row(
            name, f"{run.typical:.3f}", f"{run.longest:.2f}", str(run.meanwhile), str(run.back),
            f"{run.seconds:.2f}", "yes" if run.finished else "no", str(len(run.convicted)),
            str(run.left),
        )  # fmt: skip
    return table


def server_table(runs: Mapping[Setting, Restarted], steps: int) -> Table:
    """A row for each run whose server was killed."""
    table = filled(
        f"SIGKILL of the server, {steps} steps, checkpoint.every=5, defense.secret=3",
        ("run", "kills", "in a checkpoint", "steps again", "down, s", "parameters", "metrics",
         "left"),
    )  # fmt: skip
    for setting, run in runs.items():
        table.add_row(
            setting.name, str(run.kills), str(run.writing), str(run.again), f"{run.seconds:.1f}",
            "equal" if run.parameters else "differ", run.differs or "equal", str(run.left),
        )  # fmt: skip
    return table


def filled(title: str, columns: Sequence[str]) -> Table:
    """A table without rows."""
    table = Table(title=title)
    for index, column in enumerate(columns):
        table.add_column(column, justify="right" if index else "left")
    return table
