"""Monitor that prints: a live bar in a terminal, plain lines in a log, a table at the end."""

from collections.abc import Iterator

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from robusttrain.monitor.base import Monitor, Record
from robusttrain.names import counted


class Live(Monitor):
    """Prints what changes, and the summary as a table.

    console: where to; without a terminal there is no bar, and evaluations are lines.
    steps: number of steps of the run.
    """

    def __init__(self, console: Console, steps: int) -> None:
        self.console, self.steps = console, steps
        self.said: list[int] = []
        self.overwhelmed = False
        self.bar = Progress(
            TextColumn("[bold]training"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.description}"),
            console=console,
            disable=not console.is_terminal,
        )
        self.task = self.bar.add_task("", total=steps)
        self.bar.start()

    def step(self, record: Record) -> None:
        known = sorted({*record["convicted"], *record["evicted"]})
        if known != self.said:
            self.said = known
            self.console.print(f"step {record['step']}: convicted {self.said or 'nobody'}")
        for line in record["first_convicted"]:
            self.console.print(f"step {record['step']}: {line}", soft_wrap=True)
        if record["overwhelmed"] and not self.overwhelmed:
            self.overwhelmed = True
            self.console.print(f"step {record['step']}: more workers lied than was assumed")
        for change in record["changes"]:
            self.console.print(f"step {record['step']}: {change}")
        if record["warning"]:
            text = escape(f"step {record['step']}: WARNING: {record['warning']}")
            self.console.print(text, highlight=False, soft_wrap=True)
        if record["note"]:
            skipped = " skipped" if record["skipped"] else ""
            self.console.print(f"step {record['step']}{skipped}: {record['note']}")
        self.bar.update(self.task, advance=1)

    def evaluation(self, record: Record) -> None:
        measures = {k.replace("_", " "): v for k, v in record.items() if k != "step"}
        accuracy = {k: v for k, v in measures.items() if k == "test accuracy"}
        told = ", ".join(f"{k} {shown(v)}" for k, v in (accuracy or measures).items())
        self.bar.update(self.task, description=told)
        if not self.console.is_terminal:
            self.console.print(f"step {record['step']}/{self.steps}: {told}")

    def end(self, summary: Record) -> None:
        self.bar.stop()
        self.console.print(closing_table(summary))


def shown(measure: float | None) -> str:
    """A measure, or that it was not finite."""
    return "not finite" if measure is None else f"{measure:.4f}"


def beyond_assumptions(summary: Record) -> Iterator[tuple[str, str]]:
    """What went on for a while that the certificate counts against its assumptions."""
    if summary["steps_overwhelmed"]:
        yield "more liars than assumed", f"in {counted(summary['steps_overwhelmed'], 'step')}"
    if summary["steps_silent"]:
        beyond = summary["steps_exceeded"]
        more = f", beyond the assumed faults in {beyond}: nothing was certified" if beyond else ""
        yield "silent workers", f"in {counted(summary['steps_silent'], 'step')}{more}"


def closing_table(summary: Record) -> Table:
    """The summary as a table of names and figures; short if no step was finished."""
    table = Table(
        title=f"{summary['name']}: " + ("finished" if summary["finished"] else "BROKEN OFF")
    )
    table.add_column("what", style="bold")
    table.add_column("figure", overflow="fold")
    if summary.get("test_accuracy") is not None:
        table.add_row("test accuracy", f"{summary['test_accuracy']:.4f}")
    if not summary["steps"]:
        table.add_row("folder", summary["folder"])
        return table
    table.add_row("steps", f"{summary['steps']}, {summary['seconds_per_step']:.3f} s each (median)")
    reasons = [f"worker {w}, {why}{host(summary, int(w))}" for w, why in summary["reasons"].items()]
    table.add_row("convicted", "\n".join(reasons) or "nobody")
    table.add_row("false convictions", listed(summary["false_convictions"]))
    table.add_row("missed", listed(summary["missed"]))
    table.add_row("precision, recall", f"{share(summary['precision'])}, {share(summary['recall'])}")
    if summary["steps_to_detect_median"] is not None:
        table.add_row("steps to detect", f"{summary['steps_to_detect_median']:g} (median)")
    if summary["evicted"]:
        table.add_row("out at the end", listed(summary["evicted"]))
    if summary["audits"]:
        table.add_row("tasks recomputed", f"{summary['audits']} in the whole run")
    table.add_row(
        "forged share of tasks",
        f"{summary['distorted_fraction_mean']:.4f} on average, "
        f"{summary['distorted_fraction_max']:.4f} at most",
    )
    received, copies = summary["bytes_to_server_per_step"], summary["bytes_if_all_copies_were_sent"]
    ratio = f" ({copies / received:.1f}x)" if received else ""
    table.add_row(
        "traffic to server",
        f"{received / 1e6:.1f} MB a step; all copies: {copies / 1e6:.1f} MB{ratio}",
    )
    for what, figure in beyond_assumptions(summary):
        table.add_row(what, figure)
    if summary["gradients_not_finite"]:
        table.add_row("gradients not finite", str(summary["gradients_not_finite"]))
    if summary["steps_divergent"]:
        table.add_row("steps divergent", str(summary["steps_divergent"]))
    if summary["steps_skipped"]:
        table.add_row("steps skipped", str(summary["steps_skipped"]))
    for rank, why in summary["lost_ranks"].items():
        table.add_row(f"rank {rank} lost", escape(f"it {why}"))  # a liar may have written it
    table.add_row("folder", summary["folder"])
    return table


def host(summary: Record, worker: int) -> str:
    """A line that says which rank, host, device and process the worker is on; empty: not known."""
    for rank, at in summary["hosts"].items():
        if worker in at["workers"]:
            return f"\n  on rank {rank}: {at['host']}, {at['device']}, pid {at['pid']}"
    return ""


def share(value: float | None) -> str:
    """Two digits; words for None."""
    return "none to tell" if value is None else f"{value:.2f}"


def listed(workers: list[int]) -> str:
    """Such as "worker 1, worker 4"; "nobody" for none."""
    return ", ".join(f"worker {w}" for w in workers) or "nobody"
