"""The price table as text and as CSV."""

from collections.abc import Sequence

from rich.table import Table

from robusttrain.study.price.places import PHASES
from robusttrain.study.price.prices import Price

NOTE = (
    "step s: medians of the steps with and without checks, by their shares. x DDP: over the same "
    "of DDP in the same round, median over rounds; CPU: the same of the mean CPU time of all ranks "
    "together. passes: over the batch, by the scheme. pass s: those passes on the busiest worker "
    "rank, at the time that one took in `plain`. computed s: what it took to compute gradients "
    "there, in the mean. MB: what passes the server."
)


def price_table(made: Sequence[Price], title: str, ranks: int) -> Table:
    """One line a row: time of a step, price, and what explains it."""
    table = Table(title=title)
    heads = ("row", "passes", "step s", "quartiles", "x DDP", "x DDP CPU", "pass s", "computed s",
             "MB")  # fmt: skip
    for head in heads:
        table.add_column(head, justify="left" if head == "row" else "right")
    one = pass_seconds(made)
    for price in made:
        low, middle, high = price.quartiles
        passes = price.passes / (1 if price.name == "plain" else ranks)
        table.add_row(
            price.name, f"{price.passes:g}", f"{price.seconds:.3g}",
            f"{low:.3g} {middle:.3g} {high:.3g}", ratio(price.wall_price), ratio(price.cpu_price),
            "-" if one is None else f"{passes * one:.3g}", f"{price.computing:.3g}",
            f"{sum(price.sent.values()) / 1e6:.4g}",
        )  # fmt: skip
    return table


def phase_table(made: Sequence[Price]) -> Table:
    """Two lines a row: milliseconds of each phase at the server and at the busiest worker rank."""
    table = Table(title="ms of a mean step by phase; (MB)")
    for head in ("row", "at", *PHASES, "beside", "CPU"):
        table.add_column(head, justify="left" if head in ("row", "at") else "right")
    for price in made:
        if price.server:
            beside = 1e3 * sum(price.beside.values())
            cells = [cell(price.server.get(p, 0.0), price.sent.get(p, 0.0)) for p in PHASES]
            table.add_row(
                price.name, "server", *cells, f"{beside:.0f}", cell(price.cpus.get(0, 0.0), 0.0)
            )
        cells = [cell(price.worker.get(phase, 0.0), 0.0) for phase in PHASES]
        table.add_row(
            price.name, f"rank {price.rank}", *cells, "", cell(price.cpus[price.rank], 0.0)
        )
    return table


def cell(seconds: float, amount: float) -> str:
    """Milliseconds, and megabytes where there are any.

    >>> cell(0.0123, 2e6), cell(0.0, 0.0)
    ('12 (2)', '')
    """
    size = f" ({amount / 1e6:.2g})" if amount else ""
    return f"{1e3 * seconds:.0f}{size}" if seconds >= 5e-4 or amount else ""


def ratio(value: float | None) -> str:
    """A price with two decimals."""
    return "-" if value is None else f"{value:.2f}"


def pass_seconds(made: Sequence[Price]) -> float | None:
    """Seconds of one pass over the batch by one rank, where `plain` was measured."""
    plain = next((price for price in made if price.name == "plain"), None)
    return None if plain is None else plain.computing


def link_note(made: Sequence[Price], ranks: int) -> str:
    """How long all sums take over the link, beside what a step of DDP computes; "" if unknown.

    At the rate at which the busiest worker rank sent its own in `unprobed`.
    """
    rows = {price.name: price for price in made}
    if not {"ddp", "unprobed"} <= rows.keys():
        return ""
    sums, seconds = rows["unprobed"].sent["pull"], ranks * rows["unprobed"].worker["pull"]
    return (
        f"All sums, {sums / 1e6:.3g} MB, take {seconds:.2g} s over the link; a step of DDP "
        f"computes {rows['ddp'].computing / seconds:.3g} times as long."
    )
